// Results while typing. Without this module the form submits as usual.

const DEBOUNCE_MS = 150; // the usual gap between two keys

export function searchWhileTyping(form) {
  if (!form) return;
  const results = document.querySelector("#results");
  const count = document.querySelector("#count");
  const browse = document.querySelector("#browse"); // the homepage's rows
  let timer = 0;
  let controller = null;
  let shownQuery = queryString(form); // of the results on the page

  const show = (html, text) => {
    results.innerHTML = html;
    results.hidden = false;
    if (browse) browse.hidden = true;
    count.textContent = text;
  };

  const showHomepage = () => {
    results.replaceChildren();
    results.hidden = true;
    browse.hidden = false;
    count.textContent = "";
    history.replaceState(null, "", "/");
  };

  const search = async () => {
    clearTimeout(timer);
    controller?.abort();
    controller = null;
    const query = queryString(form);
    if (query === shownQuery) {
      results.removeAttribute("aria-busy");
      return;
    }
    if (browse && !query) {
      shownQuery = query;
      results.removeAttribute("aria-busy");
      showHomepage();
      return;
    }
    const own = (controller = new AbortController());
    results.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(`/search/results?${query}`, { signal: own.signal });
      if (!response.ok) throw new Error(`${response.status}`);
      const html = await response.text();
      if (own !== controller) return; // a newer search has started
      const page = new DOMParser().parseFromString(html, "text/html");
      show(html, page.querySelector("[data-count]")?.dataset.count ?? "");
      shownQuery = query;
      history.replaceState(null, "", query ? `/search?${query}` : "/search");
    } catch (error) {
      if (error.name === "AbortError" || own !== controller) return;
      shownQuery = null;
      show("", "Search is not responding.");
      results.append(document.querySelector("#search-unavailable").content.cloneNode(true));
      results.querySelector("[data-retry]").addEventListener("click", search);
    }
    results.removeAttribute("aria-busy");
  };

  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(search, event.target.type === "checkbox" ? 0 : DEBOUNCE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  // On Back the browser may restore the typed text.
  addEventListener("pageshow", () => search());
}

function queryString(form) {
  const pairs = [...new FormData(form)].filter(([, value]) => value.trim());
  return new URLSearchParams(pairs).toString();
}
