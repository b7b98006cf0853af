// Picking titles: another language changes the choice, and nothing picked is lost.

export function pick(form) {
  if (!form) return;
  const count = form.querySelector("[data-count]");
  let running = null;

  const tally = () => {
    const picked = form.querySelectorAll("[name=pick]:checked").length;
    count.textContent = picked ? `${picked} picked` : "";
  };

  const choose = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    const asked = new URLSearchParams(new FormData(form));
    try {
      const response = await fetch(`/welcome?${asked}`, { signal: mine.signal });
      if (!response.ok) return;
      const html = new DOMParser().parseFromString(await response.text(), "text/html");
      if (mine !== running) return;
      form.querySelector("#choice").replaceWith(html.querySelector("#choice"));
      tally();
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error);
    }
  };

  form.addEventListener("change", (event) => {
    if (event.target.name === "language") choose();
    else tally();
  });
  addEventListener("pageshow", tally);
  tally();
}
