// Picking titles: changing the languages changes the titles on offer and keeps the picks.

export function enableOnboarding(form) {
  if (!form) return;
  const count = form.querySelector("[data-count]");
  let controller = null;

  const updateCount = () => {
    const picked = form.querySelectorAll("[name=pick]:checked").length;
    count.textContent = picked ? `${picked} picked` : "";
  };

  const reloadTitles = async () => {
    controller?.abort();
    const own = (controller = new AbortController());
    const query = new URLSearchParams(new FormData(form));
    try {
      const response = await fetch(`/welcome?${query}`, { signal: own.signal });
      if (!response.ok) return;
      const html = new DOMParser().parseFromString(await response.text(), "text/html");
      if (own !== controller) return;
      form.querySelector("#choice").replaceWith(html.querySelector("#choice"));
      updateCount();
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error);
    }
  };

  form.addEventListener("change", (event) => {
    if (event.target.name === "language") reloadTitles();
    else updateCount();
  });
  addEventListener("pageshow", updateCount);
  updateCount();
}
