export function clusteredBoxes(count: number, clusters: number): { boxes: Float32Array; scores: Float32Array };
