// ComfyUI's start waits for this file: it waits for nothing. The panel is fetched when it is first opened.
import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";

const ID = "comfyui-openclaw";
const PLAN = "OpenClaw.PlanFromSelection";
const icon = "pi pi-bolt";

const host = () => app.extensionManager;
const setting = (id) => host()?.setting?.get?.(id);
const file = (path) => new URL(path, import.meta.url).href;
const make = (tag, more) => Object.assign(document.createElement(tag), more);

const mounts = new Map(); // place -> panel
let instance, styled; // promises
let started = 0;
let crashes = 0;

const known = () => host()?.getSidebarTabs?.().find((tab) => tab.id === ID);
const page = {
  app,
  api,
  badge: (text) => Object.assign(known() ?? {}, { iconBadge: text || null }),
  // A fresh instance follows one that panicked, three times.
  crashed(crash) {
    if (setting("OpenClaw.General.ErrorBoundaries") === false) return;
    const again = ++crashes < 4 ? show : (el) => explain(el, `${crash.id}: ${crash.message}`);
    for (const place of mounts.keys()) setTimeout(again, 0, place);
    mounts.clear();
    instance = undefined;
    page.crash = crash;
  },
};

async function start() {
  const manifest = await fetch(file("pkg/manifest.json"), { cache: "no-cache" });
  if (!manifest.ok) throw new Error(`pkg/manifest.json: ${manifest.status}`);
  const { js, wasm, css, words } = await manifest.json();
  Object.assign(page, { file, words });
  styled ??= new Promise((onload, onerror) =>
    document.head.append(make("link", { rel: "stylesheet", href: file(`pkg/${css}`), onload, onerror })),
  );
  // A numbered address is a new module with new memory.
  const glue = import(file(`pkg/${js}${started ? `?${started}` : ""}`));
  started++;
  const [{ default: init, OpenClaw }] = await Promise.all([glue, styled]);
  await init({ module_or_path: file(`pkg/${wasm}`) });
  return OpenClaw.open(page);
}

const panel = () => (instance ??= start());

// Hosts render into one element twice, lend it to other tabs with our content in it, and give it up after they
// render into a new one: each panel gets a place of its own and lives while that is alone on the page.
async function show(el) {
  sweep();
  if (mounts.has(el.firstChild)) return;
  const place = make("div");
  place.style.height = el.style.height = "100%";
  mounts.set(place);
  el.replaceChildren(place);
  const guest = new MutationObserver(() => {
    if (el.childNodes.length > 1) place.remove();
    if (!place.isConnected) guest.disconnect(), sweep();
  });
  guest.observe(el, { childList: true });
  try {
    const openclaw = await panel();
    if (place.isConnected) mounts.set(place, openclaw.mount(place));
  } catch (error) {
    instance = styled = undefined;
    mounts.delete(place);
    explain(place, error.message ?? error.type);
  }
}

function sweep() {
  for (const [place, shown] of mounts) {
    if (!place.isConnected && mounts.delete(place)) shown?.free();
  }
}

async function explain(el, reason) {
  const retry = () => show(el, (crashes = 0));
  const { explain } = await import(file("explain.mjs"));
  explain(el, reason, `${setting("Comfy.Locale")}`, retry);
}

const label = "OpenClaw";
const tab = {
  id: ID,
  icon,
  label,
  title: label,
  tooltip: label,
  type: "custom",
  render: (el) => void show(el),
  destroy: () => void setTimeout(sweep),
};
const sidebar = () => [host()?.sidebarTab, host()].find((at) => at?.registerSidebarTab);

function enable(on) {
  if (on && !known()) sidebar()?.registerSidebarTab(tab);
  if (!on && known()) sidebar()?.unregisterSidebarTab(ID);
}

const toggle = () => (sidebar()?.toggleSidebarTab ? sidebar().toggleSidebarTab(ID) : float());

function float() {
  const open = document.getElementById(ID);
  if (open) return open.remove(), sweep();
  const frame = make("dialog", { id: ID, open: true, className: "openclaw-float" });
  const body = make("div");
  frame.append(make("button", { textContent: "✕", onclick: float }), body);
  document.body.append(frame);
  show(body);
}

const textOf = (node) => node?.widgets?.find((widget) => widget.type === "customtext")?.value;

async function planFrom(nodes) {
  const text = nodes.map(textOf).find(Boolean);
  if (!text) return;
  if (sidebar()?.activeSidebarTabId !== ID) toggle();
  (await panel()).planFrom(text);
}

const about = [{ label, icon, url: file("docs/MoltbotPromptPlanner.md") }];

async function probe() {
  const answer = await api.fetchApi("/openclaw/health").catch(() => ({}));
  if (answer.ok) about[0].label += ` ${(await answer.json()).pack.version}`;
  else page.badge("!");
}

const command = (id, label, run) => ({ id, icon, label, function: run });
// The former name of an option still counts.
const option = (id, name, onChange) => ({
  id: `OpenClaw.General.${id}`,
  category: [label, "General", id],
  name,
  type: "boolean",
  defaultValue: setting(`Moltbot.General.${id}`) ?? true,
  onChange,
});

app.registerExtension({
  name: "ComfyUI-OpenClaw",
  aboutPageBadges: about,
  commands: [
    command("OpenClaw.TogglePanel", "Toggle OpenClaw", toggle),
    command(PLAN, "Plan from the selected text", () => planFrom(Object.values(app.canvas.selected_nodes))),
    command("OpenClaw.FloatingPanel", "OpenClaw in a floating panel", float),
  ],
  keybindings: [{ combo: { key: "l", ctrl: true, shift: true }, commandId: "OpenClaw.TogglePanel" }],
  settings: [
    option("Enable", "Show OpenClaw in the sidebar", (on) => setTimeout(enable, 0, on)),
    option("ErrorBoundaries", "Reopen the panel after a fault"),
  ],
  getSelectionToolboxCommands: (node) => (textOf(node) ? [PLAN] : []),
  getNodeMenuItems: (node) =>
    textOf(node) ? [{ content: "OpenClaw: plan from this text", callback: () => planFrom([node]) }] : [],
  setup() {
    enable(setting("OpenClaw.General.Enable"));
    if (!sidebar()) {
      const menu = document.querySelector(".comfy-menu") ?? document.body;
      menu.append(make("button", { textContent: label, onclick: float }));
    }
    (window.requestIdleCallback ?? setTimeout)(probe);
  },
});
