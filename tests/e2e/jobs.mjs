// A list of jobs as the server gives it.

export function jobList(length) {
  const jobs = Array.from({ length }, (_, index) => ({
    ...{ id: `job-${index}`, state: "succeeded", status: "completed", source: "webhook", tenant_id: "default" },
    ...{ title: `Job ${index}`, trace_id: "t", outputs_count: 0, create_time: 1_700_000_000_000 - index },
  }));
  const pagination = { limit: 200, offset: 0, total: length, total_is_more: false, has_more: false };
  return { ok: true, contract_version: 1, jobs, pagination, host: { connected: true, queue_remaining: 0 } };
}
