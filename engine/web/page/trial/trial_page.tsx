export function TrialPage({ job, trial }: { job: string; trial: string }) {
  return <h1>Trial {trial} of {job}</h1>;
}
