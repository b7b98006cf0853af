// Tells what was done: the events of POST /api/user/interactions.

const PLACE = "/api/user/interactions";
const SESSION = "rasika-session";

export async function tell(...events) {
  const response = await fetch(PLACE, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(events.map(whole)),
    keepalive: true, // a click may lead away
  });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

// For what nobody waits for: it outlives the page.
export function mention(events) {
  const body = new Blob([JSON.stringify(events.map(whole))], { type: "application/json" });
  navigator.sendBeacon(PLACE, body);
}

const whole = (event) => ({ id: uuid(), session_id: session(), device: device(), ...event });

// crypto.randomUUID is for secure origins only, and a service at home may have none.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function session() {
  try {
    return (sessionStorage[SESSION] ??= uuid());
  } catch {
    return undefined; // storage is switched off
  }
}

function device() {
  const fingers = matchMedia("(pointer: coarse)").matches;
  if (!fingers) return "desktop";
  return Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet"; // CSS pixels
}
