/* The head of a column in a table that the server sorts. */

export interface Column {
  label: string;
  by?: string; // what the server sorts by; it may be sorted only then
  isNumber?: boolean;
}

interface HeadingProps extends Column {
  sort: string; // "createTime desc"
  onSort: (sort: string) => void;
}

export function Heading({ label, by, isNumber, sort, onSort }: HeadingProps) {
  const [now, way] = sort.split(" ");
  const isSorted = by !== undefined && now === by;
  const isFalling = way === "desc";
  const next = isSorted ? (isFalling ? by : `${by} desc`) : by?.endsWith("Time") ? `${by} desc` : by;
  return (
    <th scope="col" class={isNumber ? "num" : ""} aria-sort={isSorted ? (isFalling ? "descending" : "ascending") : undefined}>
      {next === undefined ? label : (
        <button type="button" onClick={() => onSort(next)}>
          {label} <span aria-hidden="true">{isSorted ? (isFalling ? "↓" : "↑") : ""}</span>
        </button>
      )}
    </th>
  );
}
