// Results while typing; without this module the form simply submits.

const PAUSE_MS = 150; // between two keys of an ordinary typist

export function searchWhileTyping(form) {
  if (!form) return;
  const results = document.querySelector("#results");
  const count = document.querySelector("#count");
  const browse = document.querySelector("#browse"); // the homepage's shelves
  let timer = 0;
  let running = null;
  let shown = asked(form); // what the results on the page answer

  const show = (html, said) => {
    results.innerHTML = html;
    results.hidden = false;
    if (browse) browse.hidden = true;
    count.textContent = said;
  };

  const leave = () => {
    results.replaceChildren();
    results.hidden = true;
    browse.hidden = false;
    count.textContent = "";
    history.replaceState(null, "", "/");
  };

  const run = async () => {
    clearTimeout(timer);
    running?.abort();
    running = null;
    const query = asked(form);
    if (query === shown) {
      results.removeAttribute("aria-busy");
      return;
    }
    if (browse && !query) {
      shown = query;
      results.removeAttribute("aria-busy");
      leave();
      return;
    }
    const mine = (running = new AbortController());
    results.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(`/search/results?${query}`, { signal: mine.signal });
      if (!response.ok) throw new Error(`${response.status}`);
      const html = await response.text();
      if (mine !== running) return; // an answer to what is no longer asked
      const said = new DOMParser().parseFromString(html, "text/html").querySelector("[data-count]");
      show(html, said?.dataset.count ?? "");
      shown = query;
      history.replaceState(null, "", query ? `/search?${query}` : "/search");
    } catch (error) {
      if (error.name === "AbortError" || mine !== running) return;
      shown = null;
      show("", "The search does not answer.");
      results.append(document.querySelector("#failed").content.cloneNode(true));
      results.querySelector("[data-retry]").addEventListener("click", run);
    }
    results.removeAttribute("aria-busy");
  };

  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(run, event.target.type === "checkbox" ? 0 : PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  // The browser may give back what was typed when one returns to the page.
  addEventListener("pageshow", () => run());
}

function asked(form) {
  const pairs = [...new FormData(form)].filter(([, value]) => value.trim());
  return new URLSearchParams(pairs).toString();
}
