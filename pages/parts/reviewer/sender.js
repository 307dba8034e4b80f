// Finished reviews on their way to the server, in order, one at a time. Each stays in this browser until the server
// says that it has it: nothing is lost when the connection drops or the tab closes, and as each has an id of its own,
// nothing is saved twice.

const SLOWEST_S = 15;
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// kept: how the keys under which they are kept begin.
function makeSender(kept, address, tell) {
  const waiting = remembered(kept);
  let busy = false, sending = null;

  async function send() {
    if (busy) return;
    busy = true;
    for (let pause = 1; waiting.length; ) {
      const [answer, refusal] = await post(address, waiting[0]);
      if (answer === "later") {
        tell(waiting.length, refusal);
        await new Promise((done) => setTimeout(done, 1000 * pause));
        pause = Math.min(SLOWEST_S, 2 * pause);
        continue;
      }
      pause = 1;
      forget(kept + waiting.shift().review_id);
      tell(waiting.length, refusal, answer);
    }
    busy = false;
  }

  window.addEventListener("online", send);
  window.addEventListener("beforeunload", (event) => waiting.length && event.preventDefault());
  if (waiting.length) sending = send();

  const add = (review) => {
    waiting.push(review);
    remember(kept + review.review_id, review);
    if (!busy) sending = send();
  };
  return Object.assign(add, { done: () => sending });
}

// What became of it ("later" where it must be sent again, else the server's answer), and the reason where it failed.
async function post(address, review) {
  let answer;
  try {
    const headers = { "Content-Type": "application/json" };
    answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(review) });
  } catch {
    return ["later", "connection"];
  }
  const text = await answer.text();
  if (answer.ok) return [JSON.parse(text), ""];
  return answer.status === 403 || answer.status >= 500 ? ["later", text] : [{ photo_id: review.photo_id }, text];
}

function remembered(start) {
  const keys = Object.keys(storage()).filter((key) => key.startsWith(start));
  return keys.map((key) => JSON.parse(storage()[key])).sort((one, other) => one.at - other.at);
}

function remember(key, value) {
  try {
    storage()[key] = JSON.stringify(value);
  } catch {} // full: it is kept as long as the tab is open
}

const forget = (key) => delete storage()[key];
const noStorage = {};

function storage() {
  try {
    return window.localStorage;
  } catch {
    return noStorage; // forbidden in this browser
  }
}
