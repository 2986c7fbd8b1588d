/* One plot: ECharts on a canvas, in the page's colours, with its downloads (SVG, PNG, CSV). */

import { BarChart, CustomChart, GraphChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  BrushComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useTheme } from "../theme";
import { download } from "./basics";

echarts.use([
  AriaComponent, BarChart, BrushComponent, CanvasRenderer, CustomChart, DataZoomComponent, GraphChart, GridComponent,
  HeatmapChart, LegendComponent, LineChart, MarkLineComponent, ParallelChart, ParallelComponent, SVGRenderer,
  ScatterChart, TooltipComponent, VisualMapComponent,
]);

export type Option = echarts.EChartsCoreOption;
export type Chart = echarts.ECharts;

/* Okabe and Ito (2008): told apart by all eyes. Dark surfaces get the lighter of two blues. */
const PALETTE = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#7a5195", "#5c6670"],
  dark: ["#56b4e9", "#e69f00", "#2fc79a", "#e39ac3", "#f0e442", "#6fa8ff", "#b79ad6", "#a7b0ba"],
};

/* From poor to good, of even lightness steps (viridis, Smith and van der Walt 2015). */
export const RAMP = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"];

export interface ChartColors {
  palette: string[];
  ink: string;
  quiet: string;
  grid: string;
  surface: string;
  accent: string;
  bad: string;
}

export function useChartColors(): ChartColors {
  const theme = useTheme();
  return theme === "dark"
    ? { palette: PALETTE.dark, ink: "#e8ebef", quiet: "#a7b0ba", grid: "#343b45", surface: "#1b2027", accent: "#56b4e9", bad: "#ff9d6b" }
    : { palette: PALETTE.light, ink: "#1c2430", quiet: "#566070", grid: "#dfe3e8", surface: "#ffffff", accent: "#0072b2", bad: "#b84a00" };
}

/* What all plots share; options are laid over it, member by member. */
function themed(option: Option, colors: ChartColors): Option {
  const font = { color: colors.quiet, fontFamily: "system-ui, sans-serif", fontSize: 12 };
  return {
    color: colors.palette,
    textStyle: font,
    animation: false,
    backgroundColor: "transparent",
    aria: { enabled: true },
    ...option,
    /* Drawn on the canvas: markup in a name stays text, and no style attribute is needed. */
    tooltip: option.tooltip && {
      renderMode: "richText",
      confine: true,
      backgroundColor: colors.surface,
      borderColor: colors.grid,
      textStyle: { color: colors.ink, fontSize: 12, fontFamily: "system-ui, sans-serif" },
      ...(option.tooltip as object),
    },
  };
}

/* An axis in the page's colours, for options. */
export function axis(colors: ChartColors, of: Record<string, unknown>): Record<string, unknown> {
  return {
    nameLocation: "middle",
    nameGap: 30,
    nameTextStyle: { color: colors.quiet },
    axisLine: { lineStyle: { color: colors.grid } },
    axisTick: { lineStyle: { color: colors.grid } },
    axisLabel: { color: colors.quiet, hideOverlap: true },
    splitLine: { lineStyle: { color: colors.grid, opacity: 0.6 } },
    ...of,
  };
}

export type Cell = string | number | null | undefined;

/* Columns by name; rows as long as the longest. */
export function csv(columns: Record<string, Cell[]>): string {
  const names = Object.keys(columns);
  const quoted = (cell: Cell) => {
    const text = cell === null || cell === undefined ? "" : String(cell);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = Math.max(0, ...names.map((name) => columns[name].length));
  const lines = [names.map(quoted).join(",")];
  for (let i = 0; i < rows; i++) lines.push(names.map((name) => quoted(columns[name][i])).join(","));
  return lines.join("\n") + "\n";
}

interface PlotProps {
  name: string; // of downloaded files
  title: string;
  describe: string; // for who cannot see it: one sentence with the numbers that matter
  option: Option;
  height?: number; // pixels
  data?: () => Record<string, Cell[]>; // for the CSV
  tools?: ComponentChildren;
  note?: ComponentChildren; // below: how much of it is shown, by which method
  onReady?: (chart: Chart) => void; // to bind events; once for each chart
}

export function Plot({ name, title, describe, option, height = 340, data, tools, note, onReady }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);
  const colors = useChartColors();
  const full = themed(option, colors);
  const latest = useRef(full);
  latest.current = full;

  useEffect(() => {
    const made = echarts.init(box.current!, null, { renderer: "canvas" });
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(box.current!);
    onReady?.(made);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(full, { notMerge: true, lazyUpdate: true });
  }, [option, colors.surface]);

  /* Drawn anew as vectors, whatever the size on the screen. */
  const saveSvg = () => {
    const size = { width: box.current!.clientWidth, height };
    const other = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
    other.setOption({ ...latest.current, backgroundColor: colors.surface });
    download(`${name}.svg`, other.renderToSVGString(), "image/svg+xml");
    other.dispose();
  };
  const savePng = () => {
    const url = chart.current!.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: colors.surface });
    const raw = atob(url.slice(url.indexOf(",") + 1));
    download(`${name}.png`, new Blob([Uint8Array.from(raw, (c) => c.charCodeAt(0))], { type: "image/png" }));
  };

  return (
    <figure class="card plot">
      <header class="card-head">
        <h2>{title}</h2>
        <div class="tools">
          {tools}
          <span class="downloads" role="group" aria-label={`Download ${title}`}>
            <button type="button" class="small" onClick={saveSvg}>SVG</button>
            <button type="button" class="small" onClick={savePng}>PNG</button>
            {data && (
              <button type="button" class="small" onClick={() => download(`${name}.csv`, csv(data()), "text/csv;charset=utf-8")}>
                CSV
              </button>
            )}
          </span>
        </div>
      </header>
      <div ref={box} class="plot-box" role="img" aria-label={describe} style={{ height: `${height}px` }} />
      {note && <figcaption>{note}</figcaption>}
    </figure>
  );
}
