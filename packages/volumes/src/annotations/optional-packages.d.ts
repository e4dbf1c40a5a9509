/** The parts of packages without types that are used here: sql.js and dcmjs, which a caller installs who needs them. */
declare module "sql.js" {
  interface Statement {
    step(): boolean;
    get(): (number | string | Uint8Array | null)[];
    free(): void;
  }
  interface Database {
    prepare(sql: string): Statement;
    close(): void;
  }
  const initSqlJs: (options?: { locateFile?: (file: string) => string }) => Promise<{ Database: new (bytes: Uint8Array) => Database }>;
  export default initSqlJs;
}

declare module "dcmjs" {
  interface DicomDict {
    dict: Record<string, unknown>;
    write(): ArrayBuffer;
  }
  export const data: {
    DicomDict: new (meta: Record<string, unknown>) => DicomDict;
    DicomMetaDictionary: { denaturalizeDataset(dataset: Record<string, unknown>): Record<string, unknown> };
  };
}
