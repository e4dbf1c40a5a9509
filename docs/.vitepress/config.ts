import { existsSync } from "node:fs";
import { defineConfig } from "vitepress";
import { map } from "../../scripts/map.mjs";
import { slug } from "../scripts/anchors.mjs";
import { math } from "./math.js";

const names = Object.keys(map);
const hasNode = (name: string): boolean => existsSync(new URL(`../../packages/${name}/src/node.ts`, import.meta.url));
const entryPoints = names.flatMap((name) => (hasNode(name) ? [name, `${name}/node`] : [name]));

// An ear of grain, in the page itself: it is found under any path.
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="#3a7542"><path d="M15 12h2v19h-2z"/><ellipse cx="16" cy="6" rx="3" ry="5"/>${[
  10, 16, 22,
]
  .map(
    (y) =>
      `<ellipse cx="10.5" cy="${y}" rx="2.5" ry="5" transform="rotate(-35 10.5 ${y})"/><ellipse cx="21.5" cy="${y}" rx="2.5" ry="5" transform="rotate(35 21.5 ${y})"/>`,
  )
  .join("")}</g></svg>`;

export default defineConfig({
  lang: "en-US",
  title: "Gleaner",
  description: "Learn from the scans nobody had time to label: semi-supervised lesion detection and image classification on TensorFlow.js.",
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  // Parts of other pages, and what is no page.
  srcExclude: ["generated/**", "test/**", "scripts/**", "README.md"],
  markdown: { config: math, anchor: { slugify: slug }, theme: { light: "github-light-high-contrast", dark: "github-dark" } },
  // The index of the search is one large file, loaded when someone searches.
  vite: {
    build: { chunkSizeWarningLimit: 2000 },
    // Live pages run the packages' sources, as tests do.
    resolve: { conditions: ["@gleaner/source"] },
    // The worker that checks engines imports those of a page only; the others it leaves alone, since no page can run them.
    worker: { format: "es", rollupOptions: { external: ["@gleaner/native", "webgpu"] } },
  },
  themeConfig: {
    nav: [
      { text: "Guide", link: "/guide/getting-started", activeMatch: "^/guide/" },
      { text: "Packages", link: "/packages/", activeMatch: "^/packages/" },
      { text: "Theory", link: "/theory/focalmix", activeMatch: "^/theory/" },
      { text: "Live", link: "/live/", activeMatch: "^/live/" },
      { text: "Results", link: "/results" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
    ],
    sidebar: {
      "/api/": [{ text: "API reference", link: "/api/", items: entryPoints.map((name) => ({ text: name, link: `/api/${name}` })) }],
      "/": [
        {
          text: "Guide",
          items: [
            { text: "Getting started", link: "/guide/getting-started" },
            { text: "Train on LUNA16", link: "/guide/train-on-luna16" },
            { text: "Train on your own scans", link: "/guide/train-your-own-scans" },
            { text: "Real scans with inserted nodules", link: "/guide/real-scans-with-inserted-nodules" },
            { text: "Train on images", link: "/guide/train-on-images" },
            { text: "Evaluate a submission", link: "/guide/evaluate-a-submission" },
            { text: "Use one package", link: "/guide/one-package" },
            { text: "Pair the native engine", link: "/guide/native-engine" },
            { text: "Engines", link: "/guide/engines" },
            { text: "Faults of stock TensorFlow.js", link: "/guide/stock-faults" },
            { text: "The command", link: "/guide/command" },
            { text: "Architecture", link: "/guide/architecture" },
            { text: "How Gleaner compares", link: "/guide/compare" },
            { text: "Limits and intended use", link: "/guide/limits" },
          ],
        },
        {
          text: "Theory",
          items: [
            { text: "FocalMix", link: "/theory/focalmix" },
            { text: "FlexMatch and its family", link: "/theory/flexmatch" },
          ],
        },
        {
          text: "Live pages",
          items: [
            { text: "All of them", link: "/live/" },
            { text: "Curriculum", link: "/live/curriculum" },
            { text: "Soft-target focal loss", link: "/live/focal-loss" },
            { text: "Targets", link: "/live/targets" },
            { text: "MixUp", link: "/live/mixup" },
            { text: "FROC explorer", link: "/live/froc" },
            { text: "Anchors and matching in 3D", link: "/live/anchors" },
            { text: "Is my browser right?", link: "/live/engine" },
          ],
        },
        { text: "Results", link: "/results" },
        { text: "Packages", link: "/packages/", items: names.map((name) => ({ text: name, link: `/packages/${name}` })) },
      ],
    },
    outline: [2, 3],
    search: { provider: "local" },
    footer: { message: "Research software, not a medical device. Apache-2.0." },
  },
});
