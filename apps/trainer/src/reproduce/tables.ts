import { flexmatchTable1 } from "./flexmatch-table1.js";
import { focalmixTable2, focalmixTable3 } from "./focalmix-tables.js";
import { phantoms } from "./phantoms.js";
import type { Table } from "./plan.js";
import { digits, mnist, pneumonia } from "./small-sets.js";

/** The tables that `gleaner reproduce` makes, by name. */
export const tables: Readonly<Record<string, Table>> = {
  digits,
  mnist,
  pneumonia,
  phantoms,
  "flexmatch-table1": flexmatchTable1,
  "focalmix-table2": focalmixTable2,
  "focalmix-table3": focalmixTable3,
};
