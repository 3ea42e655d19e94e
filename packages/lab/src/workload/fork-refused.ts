/** The kernel refused a fork. */
export class ForkRefused extends Error {
  override readonly name = 'ForkRefused';
  readonly error: number;

  constructor(error: number) {
    super('fork');
    this.error = error;
  }
}
