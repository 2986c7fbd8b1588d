import { href, Link } from "../route";

const SHOWN = 6;

/* Numbers of trials, each a link; the first few where there are many. */
export function TrialLinks({ job, trials }: { job: string; trials: string[] }) {
  return (
    <>
      {trials.slice(0, SHOWN).map((trial, i) => (
        <span key={trial}>
          {i > 0 && ", "}
          <Link to={href(`/jobs/${job}/trials/${trial}`)}>{trial}</Link>
        </span>
      ))}
      {trials.length > SHOWN && ` and ${trials.length - SHOWN} more`}
    </>
  );
}
