// All that ComfyUI loads at its start, which waits for its extensions: so nothing here waits for anything.
// The panel itself (WASM, below pkg/) is fetched when it is first opened.
import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";

const ID = "comfyui-openclaw";
const TOGGLE = "OpenClaw.TogglePanel";
const PLAN = "OpenClaw.PlanFromSelection";
const FLOAT = "OpenClaw.FloatingPanel";
const ICON = "pi pi-bolt";
const WORDS = {
  en: ["The panel could not be loaded. Reload the page. If that does not help, reinstall ComfyUI-OpenClaw.", "Try again", "Close"],
  zh: ["无法加载面板。请刷新页面；若无效，请重新安装 ComfyUI-OpenClaw。", "重试", "关闭"],
  ja: ["パネルを読み込めません。ページを再読み込みし、直らなければ ComfyUI-OpenClaw を再インストールしてください。", "再試行", "閉じる"],
};

const host = () => app.extensionManager;
const setting = (id) => host()?.setting?.get?.(id);
const words = () => WORDS[`${setting("Comfy.Locale")}`.slice(0, 2)] ?? WORDS.en;
// Options chosen under the pack's former name still count.
const former = (name) => setting(`Moltbot.General.${name}`) ?? true;
const file = (path) => new URL(path, import.meta.url).href;
const make = (tag, more, style = "") => {
  const el = Object.assign(document.createElement(tag), more);
  el.style.cssText = style;
  return el;
};

const mounts = new Map(); // element -> the panel shown in it, once it is
let instance; // promise of the one instance
let started = 0;
let crashes = [];

const page = {
  app,
  api,
  badge(text) {
    const tab = host()?.getSidebarTabs?.().find((tab) => tab.id === ID);
    if (tab) tab.iconBadge = text || null;
  },
  // A fresh instance replaces one that panicked, unless that keeps happening.
  crashed(crash) {
    if (setting("OpenClaw.General.ErrorBoundaries") === false) return;
    const places = [...mounts.keys()];
    mounts.clear();
    instance = undefined;
    page.crash = crash;
    crashes = [...crashes.filter((at) => at > Date.now() - 6e4), Date.now()];
    const again = crashes.length < 4 ? show : (el) => explain(el, `${crash.id}: ${crash.message}`);
    setTimeout(() => places.forEach(again));
  },
};

async function start() {
  const manifest = await fetch(file("pkg/manifest.json"), { cache: "no-cache" });
  if (!manifest.ok) throw new Error(`pkg/manifest.json: ${manifest.status}`);
  const { js, wasm, css } = await manifest.json();
  // A numbered address makes a new module, and that a new memory.
  const glue = import(file(`pkg/${js}${started ? `?${started}` : ""}`));
  started++;
  const [{ default: init, OpenClaw }] = await Promise.all([glue, style(file(`pkg/${css}`))]);
  await init({ module_or_path: file(`pkg/${wasm}`) });
  return new OpenClaw(page);
}

function style(href) {
  if (document.querySelector(`link[href="${href}"]`)) return;
  return new Promise((onload, onerror) =>
    document.head.append(make("link", { rel: "stylesheet", href, onload, onerror })),
  );
}

const panel = () =>
  (instance ??= start().catch((error) => {
    instance = undefined;
    throw error;
  }));

// The host may render into one element twice, and into a new one before it gives up the old one.
async function show(el) {
  sweep();
  if (mounts.has(el)) return;
  mounts.set(el);
  el.replaceChildren();
  el.style.height = "100%";
  try {
    const openclaw = await panel();
    if (el.isConnected && mounts.has(el)) mounts.set(el, openclaw.mount(el));
  } catch (error) {
    console.error("OpenClaw:", error);
    mounts.delete(el);
    explain(el, error.message ?? error.type);
  }
}

function sweep() {
  for (const [el, shown] of mounts) {
    if (el.isConnected) continue;
    mounts.delete(el);
    shown?.free();
  }
}

function explain(el, textContent) {
  const [problem, retry] = words();
  const onclick = () => {
    crashes = [];
    show(el);
  };
  const card = make("div", { role: "alert", textContent: problem }, "padding:12px;overflow-wrap:anywhere");
  card.append(make("p", { textContent }), make("button", { textContent: retry, onclick }));
  el.replaceChildren(card);
}

const tab = {
  id: ID,
  icon: ICON,
  title: "OpenClaw",
  tooltip: "OpenClaw",
  label: "OpenClaw",
  type: "custom",
  render: (el) => void show(el),
  destroy: () => void setTimeout(sweep),
};
const sidebar = () => [host()?.sidebarTab, host()].find((at) => at?.registerSidebarTab);

function enable(on) {
  const known = host()?.getSidebarTabs?.().some((tab) => tab.id === ID);
  if (on && !known) sidebar()?.registerSidebarTab(tab);
  if (!on && known) sidebar()?.unregisterSidebarTab(ID);
}

const toggle = () => (host()?.sidebarTab?.toggleSidebarTab ? host().sidebarTab.toggleSidebarTab(ID) : float());

function float() {
  const old = document.getElementById(ID);
  old?.remove();
  sweep();
  if (old) return;
  const frame = make(
    "dialog",
    { id: ID, open: true, ariaLabel: "OpenClaw" },
    "position:fixed;inset:60px 16px auto auto;margin:0;padding:28px 0 0;width:360px;height:70vh;overflow:hidden;resize:both;z-index:999;background:var(--comfy-menu-bg);color:var(--fg-color)",
  );
  const body = make("div");
  const close = { textContent: "✕", ariaLabel: words()[2], onclick: float };
  frame.append(make("button", close, "position:absolute;inset:2px 2px auto auto;width:24px;height:24px"), body);
  document.body.append(frame);
  show(body);
}

const textOf = (node) => node?.widgets?.find((widget) => widget.type === "customtext")?.value;

async function planFrom(nodes) {
  const text = nodes.map(textOf).find(Boolean);
  if (!text) return;
  if (host()?.sidebarTab?.activeSidebarTabId !== ID) toggle();
  (await panel()).planFrom(text);
}

const about = [{ label: "OpenClaw", icon: ICON, url: file("docs/MoltbotPromptPlanner.md") }];

async function probe() {
  const answer = await api.fetchApi("/openclaw/health").catch(() => ({}));
  if (answer.ok) about[0].label += ` ${(await answer.json()).pack.version}`;
  else page.badge("!");
}

const option = (name, label, more) => ({
  id: `OpenClaw.General.${name}`,
  category: ["OpenClaw", "General", name],
  name: label,
  type: "boolean",
  defaultValue: former(name),
  ...more,
});

app.registerExtension({
  name: "ComfyUI-OpenClaw",
  aboutPageBadges: about,
  commands: [
    { id: TOGGLE, icon: ICON, label: "Toggle OpenClaw", function: toggle },
    { id: PLAN, icon: ICON, label: "OpenClaw: plan from selected text", function: () => planFrom(Object.values(app.canvas.selected_nodes)) },
    { id: FLOAT, icon: ICON, label: "OpenClaw in a floating panel", function: float },
  ],
  keybindings: [{ combo: { key: "l", ctrl: true, shift: true }, commandId: TOGGLE }],
  settings: [
    option("Enable", "Show OpenClaw in the sidebar", { onChange: (on) => setTimeout(enable, 0, on) }),
    option("ErrorBoundaries", "Reopen the panel after a fault"),
  ],
  getSelectionToolboxCommands: (node) => (textOf(node) ? [PLAN] : []),
  getNodeMenuItems: (node) =>
    textOf(node) ? [{ content: "OpenClaw: plan from this text", callback: () => planFrom([node]) }] : [],
  setup() {
    enable(setting("OpenClaw.General.Enable") ?? true);
    if (!sidebar()) {
      const menu = document.querySelector(".comfy-menu") ?? document.body;
      menu.append(make("button", { textContent: "OpenClaw", onclick: float }));
    }
    (window.requestIdleCallback ?? setTimeout)(probe);
  },
});
