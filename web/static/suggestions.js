// Suggestions under the search box: an ARIA 1.2 combobox for keyboard, mouse and touch.
// Without this module the box is an ordinary form field.

const DEBOUNCE_MS = 60; // suggestions are cheap, and faster is unreadable
const SHRINK_DELAY_MS = 900; // after the last key, before the list may get shorter
const MAX_CACHED_RESPONSES = 60; // so that deleting a letter needs no request
const MAX_IN_PLACE_SUGGESTIONS = 6;
const MAX_DROPDOWN_SUGGESTIONS = 8;

const TITLE_KIND_LABELS = { movie: "Film", series: "Series", anime: "Anime" };
const KIND_LABELS = { person: "Person", genre: "Genre", language: "Language", query: "Search" };
const KIND_SYMBOLS = { genre: "#", language: "अ", query: "⌕" };

// English is the default of most browsers and says little about what is watched.
const preferredLanguages = new Set(navigator.languages.map((code) => code.split("-")[0]));
preferredLanguages.delete("en");

const languageNames = new Intl.DisplayNames(["en"], { type: "language" });
const responses = new Map();

export function suggestWhileTyping(form) {
  const box = form?.querySelector("input[type=search]");
  if (!box) return;
  const inPlace = "liveSearch" in form.dataset; // above results, which it must not cover
  const list = element("ul", { id: "suggestions", role: "listbox", hidden: "" });
  list.setAttribute("aria-label", "Suggestions");
  const announcement = element("span", { class: "hidden", "aria-live": "polite" });
  let timer = 0;
  let shrinkTimer = 0;
  let controller = null;
  let activeIndex = -1;
  let items = [];

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");
  form.querySelector("button").after(list, announcement);

  const close = () => {
    clearTimeout(timer);
    controller?.abort();
    controller = null; // so that a pending response does not reopen it
    list.hidden = true;
    list.style.removeProperty("min-height");
    box.setAttribute("aria-expanded", "false");
    announcement.textContent = "";
    setActive(-1);
  };

  const setActive = (index) => {
    list.children[activeIndex]?.setAttribute("aria-selected", "false");
    activeIndex = index;
    const option = list.children[activeIndex];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  };

  const show = (newItems) => {
    if (!newItems.length || document.activeElement !== box) return close();
    const height = list.offsetHeight; // keeps the results below from jumping with every key
    items = newItems;
    list.replaceChildren(...items.map(option));
    list.hidden = false;
    if (inPlace) list.style.minHeight = `${height}px`;
    clearTimeout(shrinkTimer);
    shrinkTimer = setTimeout(() => list.style.removeProperty("min-height"), SHRINK_DELAY_MS);
    box.setAttribute("aria-expanded", "true");
    announcement.textContent = `${items.length} suggestion${items.length > 1 ? "s" : ""}`;
    setActive(-1);
  };

  const update = async () => {
    controller?.abort();
    const typed = box.value.trim();
    if (!typed) return close();
    const own = (controller = new AbortController());
    try {
      const limit = inPlace ? MAX_IN_PLACE_SUGGESTIONS : MAX_DROPDOWN_SUGGESTIONS;
      const fetched = await fetchSuggestions(typed, limit, own.signal);
      if (own === controller) show(fetched);
    } catch (error) {
      if (error.name !== "AbortError" && own === controller) close(); // the form still works
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

  // Each returns whether the key is handled here.
  const last = () => items.length - 1;
  const keys = {
    ArrowDown: () => {
      const goesToResults = activeIndex === last() && inPlace;
      if (goesToResults) close();
      else setActive(activeIndex === last() ? -1 : activeIndex + 1);
      return !goesToResults;
    },
    ArrowUp: () => {
      setActive(activeIndex < 0 ? last() : activeIndex - 1);
      return true;
    },
    Enter: () => {
      const item = items[activeIndex];
      if (item) choose(item);
      return Boolean(item);
    },
    Escape: () => {
      close();
      return true;
    },
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, DEBOUNCE_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (list.hidden && event.altKey && event.key === "ArrowDown") update();
    else if (list.hidden || !keys[event.key]?.()) return;
    event.preventDefault();
    event.stopPropagation();
  });
  // The results below must not move between the press and the release of a click on them.
  let isPressed = false;
  const closeWithoutFocus = () => !isPressed && document.activeElement !== box && close();
  const release = () => {
    isPressed = false;
    setTimeout(closeWithoutFocus); // after the click
  };
  addEventListener("pointerdown", () => (isPressed = true), true);
  addEventListener("pointerup", release, true);
  addEventListener("pointercancel", release, true);
  box.addEventListener("blur", closeWithoutFocus);
  form.addEventListener("submit", close);
  addEventListener("pagehide", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the search box keeps the focus
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const index = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (index >= 0) choose(items[index]);
  });
}

async function fetchSuggestions(typed, limit, signal) {
  const params = new URLSearchParams({ q: typed, limit });
  const { region } = document.body.dataset;
  if (region) params.set("region", region);
  for (const language of preferredLanguages) params.append("language", language);
  const query = params.toString();
  if (!responses.has(query)) {
    const response = await fetch(`/api/search/suggest?${query}`, { signal });
    if (!response.ok) throw new Error(`${response.status}`);
    responses.set(query, (await response.json()).items);
    if (responses.size > MAX_CACHED_RESPONSES) responses.delete(responses.keys().next().value);
  }
  return responses.get(query);
}

function option(item, index) {
  const option = element("li", {
    id: `suggestion-${index}`,
    role: "option",
    "aria-selected": "false",
    "data-kind": item.kind,
  });
  const texts = element("span", { class: "texts" });
  const name = element("span", { class: "name", dir: "auto" });
  if (item.language && item.text !== item.title) name.lang = item.language;
  name.append(...highlighted(item.text, item.highlight));
  texts.append(name, element("span", { class: "details" }, details(item)));
  option.append(picture(item), texts);
  return option;
}

function picture(item) {
  if (item.kind !== "title") {
    const symbol = KIND_SYMBOLS[item.kind] ?? [...item.text][0];
    return element("span", { class: "symbol", "aria-hidden": "true" }, symbol);
  }
  const fallback = `/posters/${item.id}.svg`;
  const safe = /^https?:/.test(item.poster_url ?? "") ? item.poster_url : null;
  const size = { width: "40", height: "60", decoding: "async", alt: "" };
  return element("img", { ...size, src: safe ?? fallback, ...(safe && { "data-fallback": fallback }) });
}

function details(item) {
  if (item.kind !== "title") return KIND_LABELS[item.kind];
  const language = item.language && languageNames.of(item.language);
  const title = item.title !== item.text && item.title;
  return [title, item.year, language, TITLE_KIND_LABELS[item.title_kind]].filter(Boolean).join(" · ");
}

// Spans count code points, as in the API response.
function highlighted(text, spans) {
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
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, value);
  if (text) created.textContent = text;
  return created;
}
