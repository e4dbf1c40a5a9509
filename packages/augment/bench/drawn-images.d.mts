export declare function seeded(seed: number): () => number;
export declare function drawnImages(count: number): Uint8Array;
