import { onMounted, onUnmounted, reactive, watch } from "vue";

/** How one value of a page's state is written in a link: `read` gives undefined for what is no such value. */
export interface Linked<T> {
  preset: T;
  read(text: string): T | undefined;
  write(value: T): string;
}

export type Schema = Record<string, Linked<unknown>>;
export type StateOf<S extends Schema> = { [K in keyof S]: S[K] extends Linked<infer T> ? T : never };

/** A number in min..max. */
export const linkedNumber = (preset: number, min: number, max: number): Linked<number> => ({
  preset,
  read: (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    return value >= min && value <= max ? value : undefined;
  },
  write: (value) => String(Number(value.toPrecision(6))),
});

/** An integer in min..max. */
export const linkedInteger = (preset: number, min: number, max: number): Linked<number> => {
  const number = linkedNumber(preset, min, max);
  return {
    ...number,
    read: (text) => {
      const value = number.read(text);
      return Number.isInteger(value) ? value : undefined;
    },
  };
};

/** On or off: 1 or 0. */
export const linkedFlag = (preset: boolean): Linked<boolean> => ({
  preset,
  read: (text) => (text === "1" ? true : text === "0" ? false : undefined),
  write: (value) => (value ? "1" : "0"),
});

/** One of a few words. */
export const linkedChoice = <T extends string>(preset: T, choices: readonly T[]): Linked<T> => ({
  preset,
  read: (text) => choices.find((choice) => choice === text),
  write: (value) => value,
});

/** Numbers in min..max, as many as the preset has or, with `maxLength`, from none to that many. */
export const linkedNumbers = (preset: readonly number[], min: number, max: number, maxLength?: number): Linked<number[]> => {
  const one = linkedNumber(min, min, max);
  return {
    preset: [...preset],
    read: (text) => {
      const parts = text === "" ? [] : text.split("~", (maxLength ?? preset.length) + 1);
      const values = parts.map((part) => one.read(part)).filter((value) => value !== undefined);
      const fits = maxLength === undefined ? values.length === preset.length : values.length <= maxLength;
      return fits && values.length === parts.length ? values : undefined;
    },
    write: (values) => values.map((value) => one.write(value)).join("~"),
  };
};

/** The values of a schema that a hash such as `#tau=0.9&warmUp=0` names; what it does not know or cannot read is left out. */
export function readHash<S extends Schema>(schema: S, hash: string): Partial<StateOf<S>> {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const entries = Object.entries(schema).flatMap(([key, linked]) => {
    const text = given.get(key);
    const value = text === null ? undefined : linked.read(text);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries) as Partial<StateOf<S>>;
}

/** The hash of a state: what differs from the preset, beside what other parts of the page have written there. */
export function writeHash<S extends Schema>(schema: S, state: StateOf<S>, hash: string): string {
  const kept = new URLSearchParams(hash.includes("=") ? hash.replace(/^#/, "") : "");
  for (const [key, linked] of Object.entries(schema)) {
    const text = linked.write(state[key]);
    if (text === linked.write(linked.preset)) kept.delete(key);
    else kept.set(key, text);
  }
  return kept.size === 0 ? "" : `#${kept}`;
}

/** The presets of a schema, each a copy of its own. */
export const presetsOf = <S extends Schema>(schema: S): StateOf<S> =>
  Object.fromEntries(Object.entries(schema).map(([key, { preset }]) => [key, structuredClone(preset)])) as StateOf<S>;

/**
 * The state of a live page, kept in the hash of its address, so that a link restores it. On the server, and until the page is mounted, it is the preset:
 * that is what the page shows without JavaScript. Keys have to differ from those of other parts of the page.
 */
export function useLinkedState<S extends Schema>(schema: S): { state: StateOf<S>; reset: () => void } {
  const state = reactive(presetsOf(schema)) as StateOf<S>;
  const reset = (): void => void Object.assign(state, presetsOf(schema));
  const restore = (): void => {
    // A link to a heading is no state.
    if (location.hash.includes("=")) Object.assign(state, presetsOf(schema), readHash(schema, location.hash));
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = (): void => {
    const hash = writeHash(schema, state, location.hash);
    // The heading that a link led to stays in the address until something was changed.
    if (hash === location.hash || (hash === "" && !location.hash.includes("="))) return;
    history.replaceState(history.state, "", `${location.pathname}${location.search}${hash}`);
  };
  onMounted(() => {
    restore();
    addEventListener("hashchange", restore);
    // Browsers refuse an address that changes with every pixel of a drag.
    watch(state, () => {
      clearTimeout(timer);
      timer = setTimeout(save, 120);
    });
  });
  onUnmounted(() => {
    clearTimeout(timer);
    removeEventListener("hashchange", restore);
  });
  return { state, reset };
}
