// Suggestions under the search box: a combobox as ARIA 1.2 describes it, for keys, mouse and touch.
// Without this module the box is a plain field of a plain form.

const PAUSE_MS = 60; // suggestions are cheap; faster than this nobody reads
const SETTLED_MS = 900; // after the last letter the list may shrink
const KEPT = 60; // answers, for whoever goes back a letter

const KIND = { movie: "Film", series: "Series", anime: "Anime" };
const WHAT = { person: "Person", genre: "Genre", language: "Language", query: "Search" };
const SIGN = { genre: "#", language: "अ", query: "⌕" };

// English is the language of most browsers, whatever their people watch.
const preferred = new Set(navigator.languages.map((each) => each.split("-")[0]));
preferred.delete("en");

const languages = new Intl.DisplayNames(["en"], { type: "language" });
const answers = new Map();

export function suggestWhileTyping(form) {
  const box = form?.querySelector("input[type=search]");
  if (!box) return;
  const inPlace = "live" in form.dataset; // above results that nothing may cover
  const list = element("ul", { id: "suggestions", role: "listbox", hidden: "" });
  list.setAttribute("aria-label", "Suggestions");
  const said = element("span", { class: "hidden", "aria-live": "polite" });
  let timer = 0;
  let settling = 0;
  let running = null;
  let active = -1;
  let found = [];

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");
  form.querySelector("button").after(list, said);

  const close = () => {
    clearTimeout(timer);
    running?.abort();
    running = null; // nor may an answer at hand open it again
    list.hidden = true;
    list.style.removeProperty("min-height");
    box.setAttribute("aria-expanded", "false");
    said.textContent = "";
    point(-1);
  };

  const point = (to) => {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = to;
    const option = list.children[active];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  };

  const show = (items) => {
    if (!items.length || document.activeElement !== box) return close();
    const height = list.offsetHeight; // what lies below does not jump with every letter
    found = items;
    list.replaceChildren(...items.map(option));
    list.hidden = false;
    if (inPlace) list.style.minHeight = `${height}px`;
    clearTimeout(settling);
    settling = setTimeout(() => list.style.removeProperty("min-height"), SETTLED_MS);
    box.setAttribute("aria-expanded", "true");
    said.textContent = `${items.length} suggestion${items.length > 1 ? "s" : ""}`;
    point(-1);
  };

  const ask = async () => {
    running?.abort();
    const typed = box.value.trim();
    if (!typed) return close();
    const mine = (running = new AbortController());
    try {
      const items = await suggested(typed, inPlace ? 6 : 8, mine.signal);
      if (mine === running) show(items);
    } catch (error) {
      if (error.name !== "AbortError" && mine === running) close(); // the form still works
    }
  };

  const choose = (item) => {
    close();
    if (item.kind === "title") return location.assign(`/title/${item.id}`);
    if (item.kind === "genre" || item.kind === "language") {
      return location.assign(`/search?${new URLSearchParams({ [item.kind]: item.id })}`);
    }
    box.value = item.query;
    form.requestSubmit();
  };

  // What a key does with the list; true where it is for nobody else.
  const last = () => found.length - 1;
  const keys = {
    ArrowDown: () => {
      const leaves = active === last() && inPlace; // on to the results
      if (leaves) close();
      else point(active === last() ? -1 : active + 1);
      return !leaves;
    },
    ArrowUp: () => {
      point(active < 0 ? last() : active - 1);
      return true;
    },
    Enter: () => {
      const chosen = found[active];
      if (chosen) choose(chosen);
      return Boolean(chosen);
    },
    Escape: () => {
      close();
      return true;
    },
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (list.hidden && event.altKey && event.key === "ArrowDown") ask();
    else if (list.hidden || !keys[event.key]?.()) return;
    event.preventDefault();
    event.stopPropagation();
  });
  // What lies below must not move between the press and the release of a click on it.
  let pressed = false;
  const left = () => !pressed && document.activeElement !== box && close();
  const released = () => {
    pressed = false;
    setTimeout(left); // after the click
  };
  addEventListener("pointerdown", () => (pressed = true), true);
  addEventListener("pointerup", released, true);
  addEventListener("pointercancel", released, true);
  box.addEventListener("blur", left);
  form.addEventListener("submit", close);
  addEventListener("pagehide", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const at = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (at >= 0) choose(found[at]);
  });
}

async function suggested(typed, limit, signal) {
  const asked = new URLSearchParams({ q: typed, limit });
  const { region } = document.body.dataset;
  if (region) asked.set("region", region);
  for (const language of preferred) asked.append("language", language);
  const query = asked.toString();
  if (!answers.has(query)) {
    const response = await fetch(`/api/search/suggest?${query}`, { signal });
    if (!response.ok) throw new Error(`${response.status}`);
    answers.set(query, (await response.json()).items);
    if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  }
  return answers.get(query);
}

function option(item, place) {
  const shown = element("li", {
    id: `suggestion-${place}`,
    role: "option",
    "aria-selected": "false",
    "data-what": item.kind,
  });
  const words = element("span", { class: "words" });
  const name = element("span", { class: "name", dir: "auto" });
  if (item.language && item.text !== item.title) name.lang = item.language;
  name.append(...marked(item.text, item.highlight));
  words.append(name, element("span", { class: "about" }, about(item)));
  shown.append(picture(item), words);
  return shown;
}

function picture(item) {
  if (item.kind !== "title") {
    const sign = SIGN[item.kind] ?? [...item.text][0];
    return element("span", { class: "sign", "aria-hidden": "true" }, sign);
  }
  const card = `/posters/${item.id}.svg`;
  const safe = /^https?:/.test(item.poster_url ?? "") ? item.poster_url : null;
  const size = { width: "40", height: "60", decoding: "async", alt: "" };
  return element("img", { ...size, src: safe ?? card, ...(safe && { "data-fallback": card }) });
}

function about(item) {
  if (item.kind !== "title") return WHAT[item.kind];
  const language = item.language && languages.of(item.language);
  const title = item.title !== item.text && item.title;
  return [title, item.year, language, KIND[item.title_kind]].filter(Boolean).join(" · ");
}

// The parts that were typed are counted in code points, as the answer has them.
function marked(text, spans) {
  const letters = [...text];
  const parts = [];
  let at = 0;
  for (const [start, end] of spans) {
    parts.push(letters.slice(at, start).join(""));
    parts.push(element("mark", {}, letters.slice(start, end).join("")));
    at = end;
  }
  return [...parts, letters.slice(at).join("")];
}

function element(name, attributes, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}
