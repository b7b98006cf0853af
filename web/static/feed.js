// After each interaction the cards that were not seen yet are replaced by the current feed.

import { recordInBackground } from "./interactions.js";
import { animateChange } from "./transitions.js";

const BATCH_MS = 1500; // impressions within this time are sent together
const PAGE_TITLES = 24; // as `TITLES_PER_PAGE` of the server
const MIN_VISIBLE_SHARE = 0.5; // of a card, to count as seen

export function enableLiveFeed(feed) {
  if (!feed) return;
  const recordsImpressions = "recordsImpressions" in feed.dataset; // not with Do Not Track
  const seen = new Set(); // ids; each is recorded once
  let pending = [];
  let timer = 0;
  let controller = null;

  const flush = () => {
    clearTimeout(timer);
    if (pending.length) recordInBackground(pending);
    pending = [];
  };

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const { id, row } = target.dataset;
        if (!isIntersecting || seen.has(id)) continue;
        seen.add(id);
        observer.unobserve(target);
        if (!recordsImpressions) continue;
        const position = [...target.parentElement.children].indexOf(target) + 1;
        pending.push({ content_id: Number(id), event: "impression", row, position });
        clearTimeout(timer);
        timer = setTimeout(flush, BATCH_MS);
      }
    },
    { threshold: MIN_VISIBLE_SHARE },
  );
  const observeCards = () => {
    for (const card of cards(feed)) if (!seen.has(card.dataset.id)) observer.observe(card);
  };

  // The current feed without the cards that stay on the page.
  const fetchMoreCards = async (staying, signal) => {
    const params = new URLSearchParams(location.search);
    for (const { dataset } of staying) params.append("exclude", dataset.id);
    const response = await fetch(`/feed/cards?${params}`, { signal });
    if (!response.ok) throw new Error(`${response.status}`);
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  const refreshUnseen = async () => {
    controller?.abort();
    const own = (controller = new AbortController());
    const list = feed.querySelector("ol");
    if (!list) return;
    const stays = (card) => seen.has(card.dataset.id) || card.matches(":hover, :focus-within");
    const staying = cards(list).filter(stays);
    const length = Math.max(PAGE_TITLES, cards(list).length);
    try {
      const fresh = cards(await fetchMoreCards(staying, own.signal));
      if (own !== controller) return;
      await animateChange(list, () => {
        // Cards that stay are not moved: reinserting one would lose its focus.
        for (const card of cards(list)) if (!staying.includes(card)) card.remove();
        const left = staying.filter((card) => card.isConnected && !card.inert); // not being removed
        list.append(...fresh.slice(0, Math.max(0, length - left.length)));
        observeCards();
      });
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error); // the cards on the page still work
    }
  };

  const appendMore = async (link) => {
    const list = feed.querySelector("ol");
    try {
      const html = await fetchMoreCards(cards(list));
      const fresh = cards(html);
      await animateChange(list, () => list.append(...fresh));
      observeCards();
      fresh[0]?.querySelector("a").focus();
      if (!html.querySelector("[data-more]")) link.remove();
    } catch {
      location.assign(link.href);
    }
  };

  feed.addEventListener("click", (event) => {
    const link = event.target.closest("[data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    appendMore(link);
  });
  document.addEventListener("interaction-recorded", refreshUnseen);
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => document.hidden && flush());
  observeCards();
}

const cards = (parent) => [...parent.querySelectorAll(".card[data-id]")];
