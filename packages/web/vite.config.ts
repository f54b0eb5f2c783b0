// How the app is built: the same for every stage. Nothing is inlined, since the policy of the pages lets nothing inline run or show.

import { defineConfig } from "vite";

export default defineConfig({
  build: { target: "es2024", modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
});
