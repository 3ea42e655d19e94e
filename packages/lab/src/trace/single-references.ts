/** How many references {@link SingleReferences} has room for. */
const ROOM = 512;

/** References in a row, each an event of its own, as TraceReader.nextSingles() fills them in: most of a recording. */
export class SingleReferences {
  readonly mapping = new Int32Array(ROOM);
  /** Page within the mapping, see TraceReader.page. */
  readonly page = new Int32Array(ROOM);
  /** Access of each. */
  readonly access = new Uint8Array(ROOM);

  get room(): number {
    return ROOM;
  }
}
