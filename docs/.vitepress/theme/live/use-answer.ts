import { ref, shallowRef } from "vue";

/**
 * What a page shows: the preset's answer at first, later the last question's. Questions that are overtaken while they are worked on are dropped,
 * so that a slider can be dragged; `isReady` is false while one is open.
 */
export function useAnswer<Answer>(preset: Answer, ask: (isStale: () => boolean) => Promise<Answer | undefined>) {
  const answer = shallowRef(preset);
  const isReady = ref(true);
  const fault = ref("");
  let turn = 0;

  async function update(): Promise<void> {
    const mine = ++turn;
    const isStale = (): boolean => mine !== turn;
    isReady.value = false;
    // A drag asks many times, and the page has to be drawn in between.
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (isStale()) return;
    try {
      const next = await ask(isStale);
      if (isStale() || next === undefined) return;
      answer.value = next;
      fault.value = "";
    } catch (error) {
      if (isStale()) return;
      fault.value = error instanceof Error ? error.message : String(error);
    }
    isReady.value = true;
  }

  return { answer, isReady, fault, update };
}
