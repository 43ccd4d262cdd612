/** As much of the class as we use; ours, beside the package's own files. */
export declare class Encoder {
  constructor(options: { ignoreUndefined: boolean });
  encode(value: unknown): Uint8Array<ArrayBuffer>;
}
