// Once a second the state is asked for and shown; a page that nobody looks at asks for nothing.
let chosen = location.hash.slice(1).replace("/", " "), lastAnswer = null, asking = false;

function choose(name) {
  chosen = name;
  history.replaceState(null, "", `#${name.replace(" ", "/")}`);
  refresh();
}

function show(state) {
  chosen = state.chosen.name;
  byId("market-time").textContent = `${when(state.market_ms)} UTC`;
  byId("wall-time").textContent = `${when(state.wall_ms)} UTC${state.skew_ms ? `, ${state.skew_ms.toLocaleString("en-GB")} ms off` : ""}`;
  byId("pace").textContent = state.speed === 1 ? "real time" : state.speed ? `${state.speed} × real time` : "stepped";
  byId("steps").hidden = state.speed > 0;
  const audit = byId("audit"), { ok, count, findings, at_ms } = state.audit;
  audit.className = ok ? "ok" : "wrong";
  audit.textContent = ok ? `audit ok at ${clock(at_ms)}` : `audit: ${count} ${count === 1 ? "finding" : "findings"}`;
  byId("findings").hidden = ok;
  byId("findings").querySelector("ul").replaceChildren(...findings.map((one) => element("li", one)));
  showMarkets(state.markets, chosen);
  showChosen(state.chosen);
  showAccounts(state.accounts);
  showFaults(state.faults);
  document.title = `${state.chosen.symbol} ${money(state.chosen.last)} – practice exchange`;
}

function gone(is) {
  document.documentElement.classList.toggle("gone", is);
  byId("gone").hidden = !is;
  if (is) byId("gone").textContent = `The practice exchange does not answer${lastAnswer ? `; what is shown here is of ${clock(lastAnswer)} UTC, by this machine's clock` : ""}. Start it again with tradewind sandbox.`;
}

async function refresh() {
  if (asking) return;
  asking = true;
  const wanted = chosen;
  try {
    const reply = await fetch(`/sandbox/state?market=${encodeURIComponent(wanted)}`, { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (!reply.ok) throw new TypeError(`status ${reply.status}`);
    const state = await reply.json();
    lastAnswer = Date.now();
    gone(false);
    if (wanted === chosen) show(state);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    gone(true);
  } finally {
    asking = false;
  }
  if (wanted !== chosen && chosen && lastAnswer) refresh();
}

async function send(method, path, body) {
  const said = byId("fault-said");
  try {
    const reply = await fetch(`/sandbox/${path}`, { method, body: JSON.stringify(body) });
    const told = await reply.json();
    said.textContent = told.error ?? "";
  } catch {
    gone(true);
  }
  refresh();
}

byId("steps").addEventListener("click", ({ target }) => { if (target.dataset.candles) send("POST", "step", { candles: Number(target.dataset.candles) }); });
byId("calm").addEventListener("click", () => send("DELETE", "faults", {}));
byId("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const { fault, where, times } = event.target.elements, [method, path] = WHERE[Number(where.value)];
  send("POST", "faults", { fault: fault.value, times: Number(times.value), ...(method && { method }), ...(path && { path }) });
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(() => { if (!document.hidden) refresh(); }, 1000);
refresh();
