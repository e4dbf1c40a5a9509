/** The mappings by name; the functions are in `mappingOf`. */
export type MappingName = "linear" | "convex" | "concave";

/**
 * M: from a class's normalized learning effect β in 0..1 to the part of the threshold that is demanded, in 0..1. A function has to depend on
 * β alone: it is asked again only when counts have changed.
 */
export type Mapping = MappingName | ((beta: number) => number);

type Round = (value: number) => number;

const byName: Record<MappingName, (beta: number, round: Round) => number> = {
  linear: (beta) => beta,
  convex: (beta, round) => round(beta / round(2 - beta)),
  concave: (beta, round) => round(Math.log(1 + beta) / Math.LN2),
};

/** The function of a mapping, with `round` after each step of arithmetic. */
export function mappingOf(mapping: Mapping, round: Round): (beta: number) => number {
  if (typeof mapping === "function") {
    return (beta) => {
      const part = mapping(beta);
      if (!(part >= 0 && part <= 1)) throw new RangeError(`mapping(${beta}) is ${part}; expected a number in 0..1`);
      return round(part);
    };
  }
  if (!Object.hasOwn(byName, mapping)) {
    throw new RangeError(`mapping is ${JSON.stringify(mapping)}; expected "linear", "convex", "concave" or a function`);
  }
  return (beta) => byName[mapping](beta, round);
}
