import { onMounted, onUnmounted, type Ref, ref } from "vue";

/** The width of an element in pixels, 240 at least; `before` it is measured, so at build time too. */
export function useMeasuredWidth(element: Readonly<Ref<HTMLElement | null>>, before = 640): Ref<number> {
  const width = ref(before);
  let observer: ResizeObserver | undefined;
  onMounted(() => {
    observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) width.value = Math.max(240, Math.round(entry.contentRect.width));
    });
    observer.observe(element.value!);
  });
  onUnmounted(() => observer?.disconnect());
  return width;
}
