/// The page that shows a node at a glance: no external assets, light and dark.
enum Dashboard {
  /// Allows what the page itself contains, and requests to this server.
  static let contentSecurityPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'"

  static let page = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>p2pnfs</title>
    <link rel="icon" href="data:,">
    <style>
    :root { color-scheme: light dark; --back: #fbfbfa; --card: #fff; --text: #1b1c1e;
      --soft: #62666d; --line: #e2e3e6; --bad: #b3261e; --good: #1d7a46;
      --ram: #2f6fde; --disk: #12967f; --peer: #c98a12; --mds: #b0413e; --other: #7d818a; }
    @media (prefers-color-scheme: dark) { :root { --back: #131416; --card: #1c1e21;
      --text: #e8e9eb; --soft: #9a9fa8; --line: #303338; --bad: #f2837b; --good: #5dc98d;
      --ram: #6d9dee; --disk: #3fc0a8; --peer: #e2ae4a; --mds: #de7f7b; --other: #9a9fa8; } }
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem; background: var(--back);
      color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
    header { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; }
    h1 { font-size: 1.3rem; margin: 0; }
    h2 { font-size: .95rem; margin: 0 0 .75rem; }
    header span { color: var(--soft); }
    #state { margin-left: auto; color: var(--good); }
    #state.bad { color: var(--bad); }
    section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
      padding: 1rem 1.1rem; margin-top: 1rem; overflow-x: auto; }
    .bar { display: flex; gap: 2px; height: 1.1rem; border-radius: .3rem; overflow: hidden;
      background: var(--line); }
    .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin-top: .7rem; }
    .legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: .2rem;
      margin-right: .45rem; }
    table { border-collapse: collapse; width: 100%; }
    th { text-align: left; font-weight: 500; color: var(--soft); }
    th, td { padding: .22rem 1.2rem .22rem 0; border-bottom: 1px solid var(--line);
      white-space: nowrap; }
    tr:last-child td { border-bottom: 0; }
    .number { text-align: right; font-variant-numeric: tabular-nums; }
    .soft { color: var(--soft); }
    pre { margin: 0; font: 13px/1.45 ui-monospace, monospace; }
    </style>
    </head>
    <body>
    <header><h1 id="role">p2pnfs</h1><span id="nfs"></span><span id="uptime"></span>
    <span id="version"></span><span id="state" role="status">connecting</span></header>
    <section><h2>File data sent, by where it came from</h2>
    <div class="bar" id="bar"></div><div class="legend" id="legend"></div></section>
    <section id="peersBox" hidden><h2>Peers</h2><table id="peers"></table></section>
    <section><h2>Counters</h2><table id="counters"></table></section>
    <section id="detailBox" hidden><h2>More</h2><pre id="detail"></pre></section>
    <noscript><section>This page needs JavaScript; <a href="v1/status">the status</a> and
    <a href="metrics">the metrics</a> do not.</section></noscript>
    <script>
    "use strict";
    const at = id => document.getElementById(id);
    const make = (name, text, style) => {
      const made = document.createElement(name);
      if (text !== undefined) made.textContent = text;
      if (style) made.className = style;
      return made;
    };
    const bytes = count => {
      const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
      let unit = 0;
      while (count >= 1024 && unit < units.length - 1) { count /= 1024; unit += 1; }
      return count.toFixed(unit && count < 100 ? 1 : 0) + " " + units[unit];
    };
    const duration = seconds => {
      const d = Math.floor(seconds / 86400), h = Math.floor(seconds / 3600) % 24;
      const m = Math.floor(seconds / 60) % 60, s = seconds % 60;
      return d ? d + "d " + h + "h" : h ? h + "h " + m + "m" : m ? m + "m " + s + "s" : s + "s";
    };
    const known = ["ram", "disk", "peer", "mds"];
    const color = source => "var(--" + (known.includes(source) ? source : "other") + ")";
    let before = null;
    function show(now) {
      document.title = now.role + " " + now.nfs;
      at("role").textContent = now.role === "mds" ? "Metadata server" : "Peer";
      at("nfs").textContent = now.nfs;
      at("uptime").textContent = "up " + duration(now.uptime_seconds);
      at("version").textContent = now.version;
      const order = s => known.includes(s) ? known.indexOf(s) : known.length;
      const sources = Object.entries(now.bytes_by_source)
        .sort((a, b) => order(a[0]) - order(b[0]));
      const total = sources.reduce((sum, s) => sum + s[1], 0);
      at("bar").replaceChildren(...sources.filter(s => s[1] > 0).map(([name, count]) => {
        const part = make("div");
        part.style.flex = count + " 0 0";
        part.style.background = color(name);
        part.title = name + ": " + bytes(count);
        return part;
      }));
      at("legend").replaceChildren(...sources.map(([name, count]) => {
        const item = make("span");
        const mark = make("i");
        mark.style.background = color(name);
        const share = total ? " (" + (100 * count / total).toFixed(1) + "%)" : "";
        item.append(mark, name + " " + bytes(count) + share);
        return item;
      }));
      if (!sources.length) at("legend").append(make("span", "nothing yet", "soft"));
      const span = before ? (now.at - before.at) / 1000 : 0;
      at("counters").replaceChildren(...Object.entries(now.counters).sort().map(([name, n]) => {
        const row = make("tr");
        const rate = span > 0 ? Math.max(0, n - (before.counters[name] || 0)) / span : 0;
        row.append(make("td", name.replaceAll("_", " ")),
          make("td", n.toLocaleString("en"), "number"),
          make("td", rate ? rate.toFixed(1) + "/s" : "", "number soft"));
        return row;
      }));
      at("peersBox").hidden = !now.peers.length;
      const head = make("tr");
      for (const name of ["address", "state", "zone", "rack", "node", "since", "grants",
        "layouts"]) head.append(make("th", name));
      at("peers").replaceChildren(head, ...now.peers.map(p => {
        const row = make("tr");
        for (const cell of [p.address, p.state, p.zone || "", p.rack || "", p.node || "",
          duration(p.registered_seconds), p.grants, p.layouts]) row.append(make("td", cell));
        return row;
      }));
      const more = JSON.stringify(now.detail, null, 2);
      at("detailBox").hidden = more === "{}" || more === "null";
      at("detail").textContent = more;
      before = now;
    }
    async function poll() {
      try {
        const [status, health] = await Promise.all([fetch("v1/status"), fetch("healthz")]);
        const now = await status.json();
        now.at = Date.now();
        show(now);
        at("state").textContent = (await health.text()).trim();
        at("state").className = health.ok ? "" : "bad";
      } catch (error) {
        at("state").textContent = "no answer; trying again";
        at("state").className = "bad";
        before = null;
      }
      setTimeout(poll, 2000);
    }
    poll();
    </script>
    </body>
    </html>
    """
}
