/** A mistake in a kops script or an event stream, with the line in which it is. */
export class KopsError extends Error {
  override readonly name = 'KopsError';

  constructor(input: string, line: number, message: string) {
    super(line > 0 ? `${input}, line ${line}: ${message}` : `${input}: ${message}`);
  }
}
