/** A range of bus addresses that somebody owns, with the ranges inside it. @linux 2.4.22 include/linux/ioport.h struct resource */
export class Resource {
  readonly name: string;
  /** First address, bytes. */
  readonly start: number;
  /** Last address, bytes. */
  readonly end: number;
  /** Ranges inside this one, ascending and disjoint. */
  readonly children: Resource[] = [];

  constructor(name: string, start: number, end: number) {
    this.name = name;
    this.start = start;
    this.end = end;
  }

  /**
   * Puts `child` inside this range. False, and nothing happens, if it does not fit in or overlaps another one.
   *
   * @linux 2.4.22 kernel/resource.c request_resource()
   */
  request(child: Resource): boolean {
    if (child.end < child.start || child.start < this.start || child.end > this.end) return false;
    const after = this.children.findIndex((other) => other.end >= child.start);
    if (after < 0) {
      this.children.push(child);
      return true;
    }
    if ((this.children[after] as Resource).start <= child.end) return false;
    this.children.splice(after, 0, child);
    return true;
  }
}
