/** A recording cannot be made. The message is one line and says what the user can do. */
export class RecordError extends Error {
  override name = 'RecordError';
}
