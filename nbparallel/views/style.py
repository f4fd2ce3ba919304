"""The look of a run in HTML: decoration only, never a meaning of its own.

A style sheet is the first thing to go where HTML is cleaned (GitHub, notebooks that are
not trusted), so whatever it says with a colour the text says with a word. Colours come
from the theme of the page; those written here are for pages without one. Every rule
starts with our class, and outranks what notebooks say about tables.
"""

from __future__ import annotations

from typing import Final

#: The height in pixels of what opens below the head of a run: the same while the run
#: goes on and after it, so that no cell below moves. Where no run goes on, in notebooks
#: made into pages by nbconvert or Sphinx, it is no higher than it must be.
BODY: Final = 420

STYLE: Final = """<style>
.nbp, .nbp-panel {
  --nbp-text: var(--jp-ui-font-color1, var(--vscode-foreground, inherit));
  --nbp-quiet: var(--jp-ui-font-color2, var(--vscode-descriptionForeground, inherit));
  --nbp-rule: var(--jp-border-color2, var(--vscode-widget-border, #8886));
  --nbp-page: var(--jp-layout-color0, var(--vscode-editor-background,
    var(--pst-color-background, Canvas)));
  --nbp-busy: var(--jp-brand-color1, var(--vscode-charts-blue, #1976d2));
  --nbp-good: var(--jp-success-color1, var(--vscode-charts-green, #388e3c));
  --nbp-bad: var(--jp-error-color1, var(--vscode-charts-red, #d32f2f));
  --nbp-mono: var(--jp-code-font-family, var(--vscode-editor-font-family, monospace));
}
.nbp {
  color: var(--nbp-text);
  font: 13px/1.5 var(--jp-ui-font-family, var(--vscode-font-family, sans-serif));
  font-variant-numeric: tabular-nums;
  max-width: 1100px; container-type: inline-size;
}
.nbp:not(.nbp-live) { overflow-x: auto; }
.nbp.nbp-head {
  display: flex; flex-wrap: wrap; gap: 0 10px; align-items: center;
  container-type: normal;
}
.nbp.nbp-head > span { white-space: nowrap; }
.nbp.nbp-head .nbp-name {
  overflow: hidden; text-overflow: ellipsis; flex: 0 1 auto; min-width: 0;
}
.nbp.nbp-head progress { flex: 1 1 60px; width: 60px; margin: 0; }
.nbp.nbp-head .nbp-counts { display: flex; flex-wrap: wrap; gap: 0 10px; }
.nbp summary:has(> .nbp-head) {
  display: flex; align-items: center; gap: 2px; min-height: 30px;
}
.nbp summary > .nbp-head { flex: 1 1 auto; }
.nbp summary:has(> .nbp-head)::before {
  content: "▸"; color: var(--nbp-quiet); flex: 0 0 22px; text-align: center;
}
.nbp[open] > summary:has(> .nbp-head)::before { content: "▾"; }
.nbp .nbp-bad { color: var(--nbp-bad); }
.nbp .nbp-unstyled { display: none; }
.nbp .nbp-quiet { color: var(--nbp-quiet); }
.nbp p { margin: 6px 0; }
.nbp progress {
  -webkit-appearance: none; appearance: none; display: block; box-sizing: border-box;
  width: 100%; height: 4px; margin: 3px 0; border: 0; border-radius: 2px;
  overflow: hidden; background: var(--nbp-rule); color: var(--nbp-busy);
  --nbp-fill: linear-gradient(to left,
    var(--nbp-bad) var(--nbp-failed, 0%), currentColor var(--nbp-failed, 0%));
}
.nbp progress.nbp-done { color: var(--nbp-good); }
.nbp progress.nbp-input-failed { color: var(--nbp-bad); }
.nbp progress.nbp-paused, .nbp progress.nbp-cancelling, .nbp progress.nbp-cancelled {
  color: var(--nbp-quiet);
}
.nbp progress::-webkit-progress-bar { background: transparent; }
.nbp progress::-webkit-progress-value { background: var(--nbp-fill); }
.nbp progress::-moz-progress-bar { background: var(--nbp-fill); }
.nbp progress:indeterminate {
  background: repeating-linear-gradient(90deg,
    currentColor 0 6px, var(--nbp-rule) 6px 18px);
}
.nbp table.nbp-tasks {
  width: 100%; margin: 4px 0;
  border-collapse: collapse; table-layout: fixed;
  font-size: 12px; color: inherit;
}
.nbp table.nbp-tasks caption {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.nbp table.nbp-tasks tr, .nbp table.nbp-tasks tbody tr { background: none; }
.nbp table.nbp-tasks thead { border: 0; }
.nbp table.nbp-tasks th, .nbp table.nbp-tasks td {
  padding: 2px 12px 2px 0; border: 0; border-bottom: 1px solid var(--nbp-rule);
  text-align: left; vertical-align: top; line-height: 1.5; max-width: none;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap; background: none;
}
.nbp table.nbp-tasks th { color: var(--nbp-quiet); font-weight: 500; }
.nbp table.nbp-tasks .nbp-task { text-align: right; width: 4em; }
.nbp table.nbp-tasks .nbp-item { width: 30%; }
.nbp table.nbp-tasks .nbp-status { width: 11em; }
.nbp table.nbp-tasks .nbp-output { width: 16%; }
.nbp table.nbp-tasks .nbp-number {
  text-align: right; width: 5em; padding-right: 4px;
}
.nbp.nbp table.nbp-tasks td.nbp-value, .nbp.nbp.nbp pre, .nbp.nbp.nbp code {
  font-family: var(--nbp-mono); font-size: 12px; color: inherit; background: none;
}
.nbp.nbp.nbp code { padding: 0; white-space: inherit; }
.nbp.nbp-live table.nbp-tasks { margin-top: 0; }
.nbp.nbp-live table.nbp-tasks th {
  position: sticky; top: 0;
  background: var(--nbp-page);
}
.nbp .nbp-graph rect {
  fill: var(--nbp-page);
}
.nbp .nbp-status::before {
  content: ""; display: inline-block; width: 7px; height: 7px; margin-right: 7px;
  border-radius: 50%; background: var(--nbp-quiet); vertical-align: 1px;
}
.nbp th.nbp-status::before { background: none; }
.nbp .nbp-is-running::before { background: var(--nbp-busy); }
.nbp .nbp-is-ok::before { background: var(--nbp-good); }
.nbp .nbp-is-error::before, .nbp .nbp-is-timeout::before,
.nbp .nbp-is-crashed::before { background: var(--nbp-bad); }
.nbp table.nbp-sheet, .nbp table.nbp-bars { table-layout: auto; }
.nbp table.nbp-bars th { width: 25%; color: inherit; font-weight: 400; }
.nbp table.nbp-bars th, .nbp table.nbp-bars td { vertical-align: middle; }
.nbp table.nbp-bars td:last-child { width: 14em; }
.nbp .nbp-graph { overflow-x: auto; margin: 4px 0; }
.nbp .nbp-graph svg { display: block; overflow: visible; }
.nbp .nbp-looks-running rect { stroke: var(--nbp-busy); stroke-width: 2; }
.nbp .nbp-looks-ok rect { stroke: var(--nbp-good); }
.nbp .nbp-looks-error rect { stroke: var(--nbp-bad); stroke-width: 2; }
.nbp .nbp-looks-quiet rect { stroke-opacity: 0.5; }
.nbp details { margin: 2px 0; }
.nbp summary {
  cursor: pointer; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.nbp [open] > summary { white-space: normal; overflow-wrap: anywhere; }
.nbp.nbp.nbp pre {
  margin: 4px 0 8px; padding: 6px 10px; line-height: 1.45; white-space: pre-wrap;
  overflow-wrap: anywhere; border-left: 2px solid var(--nbp-rule);
}
.nbp.nbp.nbp-live pre { margin: 2px 0; }
@container (max-width: 720px) {
  .nbp table.nbp-tasks.nbp-rows :is(thead, tbody) { display: block; }
  .nbp table.nbp-tasks.nbp-rows tr {
    display: grid; grid-template-columns: 3.75em minmax(0, 1fr) 8.5em 5em; padding: 0;
    border-bottom: 1px solid var(--nbp-rule);
  }
  .nbp table.nbp-tasks.nbp-rows :is(th, td) { border: 0; width: auto; }
  .nbp table.nbp-tasks.nbp-rows .nbp-number { grid-area: 1 / 4; }
  .nbp table.nbp-tasks.nbp-rows td[colspan] { grid-column: 1 / -1; }
  .nbp table.nbp-tasks.nbp-rows td:nth-child(n+4):not(.nbp-number) {
    grid-column: 2 / -1;
  }
  .nbp table.nbp-tasks.nbp-rows td:nth-child(n+4):empty,
  .nbp table.nbp-tasks.nbp-rows th:nth-child(n+4):not(.nbp-number) { display: none; }
}
.nbp .nbp-spoken, .nbp .nbp-unseen {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.nbp-panel { container-type: inline-size; }
.nbp-panel.nbp-panel, .nbp.nbp.nbp-run { padding: 0 6px; box-sizing: border-box; }
.nbp.nbp.nbp-run { margin: 0; }
.nbp.nbp.nbp-run:is(.jp-NotebookPanel .jp-RenderedHTMLCommon > *) {
  margin-right: -20px;
}
.nbp-panel .nbp-openers + .widget-html .nbp { container-type: normal; }
.nbp-panel.nbp-panel button { height: 26px; line-height: 24px; padding: 0 8px; }
.nbp-panel.nbp-panel :is(.nbp-opener, .nbp-openers button, .nbp-group-opener) {
  width: 22px; min-width: 0; height: 24px; line-height: 24px; margin: 0; padding: 0;
  background: none; color: var(--nbp-quiet); flex: 0 0 auto; border: 0;
  box-shadow: none;
}
.nbp-panel .nbp-openers { flex: 0 0 22px; padding-top: 24px; overflow: hidden; }
.nbp-panel.nbp-panel .nbp-tab-line button {
  margin: 0 2px 0 0; background: none; border-radius: 0; color: var(--nbp-quiet);
  border: 0 solid transparent; border-bottom-width: 2px; box-shadow: none;
}
.nbp-panel.nbp-panel :is(.nbp-opener, .nbp-openers button, .nbp-group-opener,
  .nbp-tab-line button):focus-visible {
  outline: 2px solid var(--nbp-busy); outline-offset: -2px;
}
.nbp-panel.nbp-panel button:focus:not(:focus-visible) { outline: 0; }
.nbp-panel.nbp-panel .nbp-tab-line button.nbp-on {
  color: var(--nbp-text); border-bottom-color: var(--nbp-busy); font-weight: 600;
}
.nbp-panel .nbp-browser {
  justify-content: space-between; flex-wrap: wrap; align-items: center;
  border-bottom: 1px solid var(--nbp-rule); flex: 0 0 auto; overflow: visible;
}
.nbp-panel .nbp-browser :is(input, select) { height: 26px; font-size: 12px; }
.nbp-panel .nbp-browser .jupyter-widgets { margin-top: 0; margin-bottom: 0; }
.nbp-panel .nbp-pages { align-items: center; }
.nbp-panel .nbp-group-line { border-bottom: 1px solid var(--nbp-rule); }
.nbp-panel .nbp-card-box { border-bottom: 1px solid var(--nbp-rule); }
.nbp .nbp-way-on { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; }
.nbp button.nbp-act {
  height: 26px; line-height: 24px; padding: 0 10px; margin: 2px 0; font: inherit;
  color: var(--nbp-text); background: var(--jp-layout-color2, #8882);
  border: 1px solid var(--nbp-rule); border-radius: 2px; cursor: pointer;
}
.nbp button.nbp-act:disabled { opacity: 0.6; cursor: default; }
.nbp .nbp-group { padding: 2px 0; overflow-wrap: anywhere; }
.nbp.nbp-card dl {
  display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 10px;
  margin: 4px 0;
}
.nbp.nbp-card dt { color: var(--nbp-quiet); font-weight: 400; }
.nbp.nbp-card dd { margin: 0; overflow-wrap: anywhere; }
.nbp.nbp-card.nbp-card pre { margin: 0; padding: 0; border: 0; line-height: 1.5; }
.nbp.nbp-live table.nbp-tasks.nbp-rows { margin: 0; }
.nbp.nbp-live table.nbp-tasks.nbp-rows :is(th, td),
.nbp table.nbp-tasks.nbp-short :is(th, td) {
  height: 24px; padding: 0 12px 0 0; line-height: 23px; box-sizing: border-box;
}
.nbp img.nbp-rich { max-width: 100%; max-height: 320px; background: #fff; }
.nbp div.nbp-rich { overflow: auto; max-height: 320px; }
.nbp.nbp .nbp-rich table { width: auto; border-collapse: collapse; }
.nbp.nbp .nbp-rich :is(th, td) { padding: 1px 8px; text-align: right; }
.nbp.nbp-card :is(dt, dd) { width: auto; float: none; }
.nbp-panel .nbp-line-one { flex-wrap: wrap; overflow: visible; min-height: 30px; }
.nbp-panel .nbp-line-one > .widget-html { flex: 1 1 260px !important; min-width: 0; }
.nbp-panel .nbp-pane .jupyter-widgets { overflow: visible; }
.nbp-panel .nbp-browser > .widget-box { flex-wrap: wrap; align-items: center; }
.nbp-panel .nbp-pages { flex: 0 0 auto; white-space: nowrap; }
.nbp-panel .nbp-browser > .widget-box > * { height: 26px; }
.nbp-panel .nbp-group-line { flex-wrap: wrap; align-items: center; }
.nbp-panel .nbp-group-line > .widget-html { flex: 1 1 220px !important; }
@container (max-width: 720px) {
  .nbp.nbp-head :is(progress, .nbp-pace) { flex-basis: 100%; }
  .nbp.nbp-head progress { order: 9; }
}
@container (max-width: 520px) {
  .nbp .nbp-line { font-size: 12px; line-height: 20px; }
  .nbp table.nbp-tasks:is(.nbp-rows, .nbp-short) tr {
    grid-template-columns: 3.75em minmax(0, 1fr) 7em 4.75em;
  }
  .nbp-panel .nbp-opened.nbp-opened { height: 390px !important; }
  .nbp .nbp-tabs.nbp-tabs > label { padding: 3px 4px 2px; font-size: 12px; }
}
@container (max-width: 720px) {
  .nbp.nbp-live table.nbp-tasks.nbp-rows .nbp-output { display: none; }
  .nbp.nbp-live table.nbp-tasks.nbp-rows tbody tr { grid-template-rows: 23px 23px; }
  .nbp.nbp-live table.nbp-tasks.nbp-rows tbody tr.nbp-brief {
    grid-template-rows: 23px;
  }
  .nbp.nbp-live table.nbp-tasks.nbp-rows :is(th, td),
  .nbp table.nbp-tasks.nbp-short :is(th, td) { height: 23px; }
  .nbp.nbp-live table.nbp-tasks.nbp-rows thead tr { height: 24px; }
  .nbp-panel.nbp-panel .nbp-openers button:not(.nbp-brief) {
    height: 47px; padding-bottom: 23px;
  }
}
@container (max-width: 260px) { .nbp .nbp-tabs > label > span { display: none; } }
.nbp svg.nbp-strip { display: block; margin: 4px 0; background: var(--nbp-rule);
  background: color-mix(in srgb, var(--nbp-rule) 30%, transparent); }
.nbp .nbp-titled { position: relative; }
.nbp .nbp-titled > i { position: absolute; }
.nbp .nbp-strip-busy { stroke: var(--nbp-busy); }
.nbp .nbp-strip-quiet { stroke: var(--nbp-quiet); }
.nbp .nbp-strip-good { stroke: var(--nbp-good); }
.nbp .nbp-strip-bad { stroke: var(--nbp-bad); }
.nbp table.nbp-facts { width: auto; table-layout: auto; }
.nbp table.nbp-facts tbody th { color: inherit; font-weight: 400; }
.nbp table.nbp-facts progress { width: 12em; margin: 0; }
.nbp table.nbp-facts :is(th, td) { padding-right: 24px; vertical-align: middle; }
.nbp .nbp-trace .nbp-file { color: var(--nbp-busy); }
.nbp .nbp-trace .nbp-source { font-weight: 600; }
.nbp .nbp-trace b { font-weight: 600; }
.nbp.nbp-run > summary { flex-wrap: wrap; list-style: none; white-space: normal; }
.nbp.nbp-run > summary::-webkit-details-marker { display: none; }
.nbp.nbp-run > summary > .nbp-head { width: calc(100% - 24px); }
.nbp.nbp-run > summary > .nbp-below { flex: 1 0 100%; }
.nbp.nbp-body {
  height: 420px; display: flex; flex-direction: column; overflow: auto;
  box-sizing: border-box; padding-bottom: 2px;
}
.nbp.nbp-body > * { flex: 0 0 auto; }
@supports selector(:has(*)) {
  .nbp .nbp-tabs {
    flex: 1 0 170px; min-height: 0; margin: 0; display: grid;
    grid-template: max-content minmax(0, 1fr) /
      repeat(4, minmax(0, max-content)) minmax(0, 1fr);
  }
  .nbp .nbp-tabs > label {
    position: relative; grid-row: 1; margin: 0 2px 0 0; padding: 3px 8px 2px;
    height: 26px; box-sizing: border-box;
    border-bottom: 2px solid transparent; color: var(--nbp-quiet); cursor: pointer;
    font: inherit; white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
  }
  .nbp .nbp-tabs > label > b { font-weight: inherit; }
  .nbp .nbp-tabs > label:has(:checked) {
    color: var(--nbp-text); border-bottom-color: var(--nbp-busy); font-weight: 600;
  }
  .nbp .nbp-tabs > label:has(:focus-visible) {
    outline: 2px solid var(--nbp-busy); outline-offset: -2px;
  }
  .nbp .nbp-tabs > label > input {
    position: absolute; inset: 0; width: 1px; height: 1px; margin: 0; opacity: 0;
  }
  .nbp .nbp-tabs > .nbp-pane {
    grid-area: 2 / 1 / 3 / -1; overflow: auto; position: relative;
    border-top: 1px solid var(--nbp-rule);
  }
  .nbp .nbp-tabs > label:not(:has(:checked)) + .nbp-pane { display: none; }
}
.nbp .nbp-fold { margin: 0; padding: 4px 0; border-bottom: 1px solid var(--nbp-rule); }
.nbp .nbp-fold > summary { display: list-item !important; padding-left: 2px; }
.nbp .nbp-fold > summary::marker { color: var(--nbp-quiet); font-size: 10px; }
.nbp .nbp-chips { margin: 0 0 4px; }
.nbp.nbp.nbp .nbp-chips code {
  display: inline-block; margin: 0 2px 4px 0; padding: 0 5px; border-radius: 3px;
  background: var(--jp-layout-color2, #8883); overflow-wrap: anywhere;
}
.nbp table.nbp-tasks.nbp-short { margin: 0; table-layout: fixed !important; }
.nbp table.nbp-short th {
  position: sticky; top: 0;
  background: var(--nbp-page);
}
.nbp table.nbp-short td:nth-child(even) { font-family: var(--nbp-mono); }
.nbp table.nbp-short td:is(:first-child, :last-child) { text-align: right; }
.nbp table.nbp-short td:last-child { padding-right: 4px; }
.nbp table.nbp-short td[colspan] { text-align: left; color: var(--nbp-quiet); }
.nbp table.nbp-short td:nth-child(3)::before {
  content: ""; display: inline-block; width: 7px; height: 7px; margin-right: 7px;
  border-radius: 50%; background: var(--nbp-good); vertical-align: 1px;
}
.nbp table.nbp-short tr[class] td:nth-child(3)::before { background: var(--nbp-bad); }
.nbp table.nbp-short tr:is(.nbp-is-pending, .nbp-is-cancelled)
  td:nth-child(3)::before {
  background: var(--nbp-quiet);
}
.nbp table.nbp-short tr.nbp-is-running td:nth-child(3)::before {
  background: var(--nbp-busy);
}
.nbp table.nbp-tasks:has(.nbp-lined) .nbp-item { width: 50%; }
.nbp.nbp.nbp table.nbp-tasks.nbp-tasks td.nbp-lined {
  position: relative; overflow: visible; padding-left: calc(var(--nbp-edges) + 2px);
}
.nbp .nbp-lined > div { overflow: hidden; text-overflow: ellipsis; }
.nbp svg.nbp-edges {
  position: absolute; left: 0; top: -1px; height: calc(100% + 1px);
  color: var(--nbp-quiet); overflow: visible;
}
.nbp .nbp-edges path { stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
.nbp .nbp-edges .nbp-dot { stroke-width: 7px; stroke-linecap: round; }
.nbp .nbp-ends { display: flex; }
.nbp .nbp-ends > :first-child { overflow: hidden; text-overflow: ellipsis; }
.nbp .nbp-ends > :last-child { flex: 0 0 auto; }
@container (max-width: 720px) {
  .nbp table.nbp-short :is(thead, tbody) { display: block; }
  .nbp table.nbp-short tr {
    display: grid; grid-template-columns: 3.75em minmax(0, 1fr) 8.5em 5em; padding: 0;
    border-bottom: 1px solid var(--nbp-rule);
  }
  .nbp table.nbp-tasks.nbp-short :is(th, td) { border: 0; width: auto; }
  .nbp table.nbp-short :is(th, td):last-child { grid-area: 1 / 4; }
  .nbp table.nbp-short td:nth-child(4) { grid-column: 2 / -1; }
  .nbp table.nbp-short :is(th:nth-child(4), td:empty) { display: none; }
  .nbp table.nbp-short td[colspan] { grid-area: auto / 1 / auto / -1; }
  .nbp.nbp.nbp table.nbp-tasks.nbp-tasks td.nbp-lined {
    grid-area: 1 / 2 / 3; height: auto;
  }
  .nbp.nbp.nbp table.nbp-tasks.nbp-tasks td.nbp-lined ~ td:nth-child(4) {
    grid-area: 2 / 2 / auto / -1; padding-left: calc(var(--nbp-edges) + 2px);
  }
}
@supports selector(:has(*)) {
  .nbp .nbp-body:is(body.jp-Notebook *, body:not(.notebook_app) #notebook *,
    .cell_output *, .nboutput *) { height: auto; display: block; }
}
@media screen {
  .nbp .nbp-tabs > .nbp-pane:is(body.jp-Notebook *,
    body:not(.notebook_app) #notebook *, .cell_output *, .nboutput *) {
    max-height: 313px;
  }
}
@media print { .nbp.nbp-body { height: auto; display: block; } }
</style>"""
