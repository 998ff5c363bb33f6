// Says why the panel is not there. Fetched only when that happens, so that ComfyUI's start does not carry it.
const WORDS = {
  en: ["The panel did not load.", "Reload the page, or reinstall ComfyUI-OpenClaw.", "Try again"],
  zh: ["面板无法加载。", "请刷新页面，或重新安装 ComfyUI-OpenClaw。", "重试"],
  ja: ["パネルを読み込めませんでした。", "再読み込みするか、ComfyUI-OpenClaw を再インストールしてください。", "再試行"],
};

const make = (tag, more) => Object.assign(document.createElement(tag), more);

/** Fills `el` with a card: what happened, what to do, the reason, and a button that calls `onclick`. */
export function explain(el, reason, locale, onclick) {
  const [problem, remedy, retry] = WORDS[locale.slice(0, 2)] ?? WORDS.en;
  const card = make("div", { role: "alert" });
  card.style.padding = "12px";
  card.append(
    make("p", { textContent: `${problem} ${remedy}` }),
    make("p", { textContent: reason }),
    make("button", { textContent: retry, onclick }),
  );
  el.replaceChildren(card);
}
