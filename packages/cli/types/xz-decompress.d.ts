/** What Node sees of the package: it is CommonJS, so its class is a property of the default export. */
declare module 'xz-decompress' {
  const xz: {
    readonly XzReadableStream: new (
      packed: ReadableStream<Uint8Array>,
    ) => ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  };
  export default xz;
}
