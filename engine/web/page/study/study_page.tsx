export function StudyPage({ job }: { job: string }) {
  return <h1>Job {job}</h1>;
}
