import { flexmatchTable1 } from "./flexmatch-table1.js";
import type { Table } from "./plan.js";
import { digits, mnist, pneumonia } from "./small-sets.js";

/** The tables that `gleaner reproduce` makes, by name. */
export const tables: Readonly<Record<string, Table>> = { digits, mnist, pneumonia, "flexmatch-table1": flexmatchTable1 };
