import { useData } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { nextTick, onMounted, watch } from "vue";
import "./gleaner.css";
import "./live/live.css";

export default {
  extends: DefaultTheme,
  setup(): void {
    // The first page has no main landmark of its own, the others do.
    const { frontmatter } = useData();
    onMounted(() =>
      watch(
        () => frontmatter.value["layout"] === "home",
        async (isHome) => {
          await nextTick();
          const content = document.getElementById("VPContent");
          if (isHome) content?.setAttribute("role", "main");
          else content?.removeAttribute("role");
        },
        { immediate: true },
      ),
    );
  },
};
