// The script that slurmctld runs for each submission (job_submit/lua): it writes down what was asked for before the job has an
// id. It never refuses, changes or delays a job for trouble of its own; all it adds to a job is one variable.
import { requestsMax } from '../limits.ts';
import { folders } from './names.ts';

/** The first line: a file without it is not ours. */
export const luaMark = '-- Written by ClusterOS; changes here do not last.';
/** In a job's environment: the name of its request. Nobody can guess it, so nobody can point to the request of another. */
export const requestVariable = 'CLUSTEROS_REQUEST';
/** What the variable begins with in a job that is offered again: names and values that sbatch has overwritten follow. */
export const restoreMark = 'restore\n';

/** What is written down of a job. SLURM 22.05 gives no more of its options; those in the script are there anyway. */
const fields: readonly string[] = [
  ...['user_id', 'user_name', 'group_id', 'name', 'work_dir', 'comment', 'het_job_offset', 'cron_job'],
  ...['account', 'array_inx', 'begin_time', 'bitflags', 'container', 'contiguous', 'cores_per_socket'],
  ...['cpus_per_task', 'cpus_per_tres', 'dependency', 'exc_nodes', 'features', 'licenses', 'mail_type'],
  ...['mail_user', 'max_nodes', 'mem_per_tres', 'min_mem_per_cpu', 'min_mem_per_node', 'min_nodes', 'nice'],
  ...['ntasks_per_core', 'ntasks_per_node', 'ntasks_per_socket', 'ntasks_per_tres', 'num_tasks', 'partition'],
  ...['pn_min_tmp_disk', 'prefer', 'qos', 'reboot', 'req_nodes', 'req_switch', 'requeue', 'reservation'],
  ...['shared', 'sockets_per_node', 'std_err', 'std_in', 'std_out', 'threads_per_core', 'time_limit'],
  ...['time_min', 'tres_per_job', 'tres_per_node', 'tres_per_socket', 'tres_per_task', 'wckey'],
];

/** The text of job_submit.lua (Lua 5.1). */
export function jobSubmitText(): string {
  return `${luaMark}
-- slurmctld answers sbatch some seconds before it saves the job. What was asked for is kept here until then.
local folder = "${folders.requests}"
local slots = ${requestsMax}
-- Not from the first slot on: after a restart the last requests stay the longest.
local slot = os.time() % slots
local fields = {
${fields.map(field => `  "${field}",`).join('\n')}
}

local function random_name()
  local source = assert(io.open("/dev/urandom", "rb"))
  local bytes = source:read(16)
  source:close()
  return (bytes:gsub(".", function(byte) return string.format("%02x", byte:byte()) end))
end

local function text(value)
  if type(value) == "number" then return string.format("%.0f", value) end
  return (tostring(value):gsub("[\\\\\\n]", { ["\\\\"] = "\\\\\\\\", ["\\n"] = "\\\\n" }))
end

local function keep(job)
  -- Without a script nothing can be done again: whoever asked waits, and is told.
  if not job.script or job.script == "" then return end
  local environment = job.environment
  local given = environment["${requestVariable}"]
  environment["${requestVariable}"] = ""
  -- Of a job that is offered again: what sbatch has overwritten. It is the job's own environment, so anybody may.
  if given and given:sub(1, ${restoreMark.length}) == ${JSON.stringify(restoreMark)} then
    for name, value in given:gmatch("\\n([%w_]+)=([^\\n]*)") do environment[name] = value end
  end
  local request = random_name()
  local lines = { "request=" .. request }
  for _, field in ipairs(fields) do
    local value = job[field]
    if value ~= nil then lines[#lines + 1] = field .. "=" .. text(value) end
  end
  local arguments = job.argv or {}
  for i = 1, (job.argc or 0) - 1 do lines[#lines + 1] = "argument=" .. text(arguments[i]) end
  slot = (slot + 1) % slots
  local path = folder .. "/" .. slot
  local file = assert(io.open(path .. ".new", "w"))
  assert(file:write(table.concat(lines, "\\n"), "\\n"))
  assert(file:close())
  assert(os.rename(path .. ".new", path))
  environment["${requestVariable}"] = request
end

function slurm_job_submit(job, partitions, submitter)
  local kept, why = pcall(keep, job)
  if not kept then pcall(slurm.log_error, "ClusterOS could not keep a request: %s", tostring(why)) end
  return slurm.SUCCESS
end

function slurm_job_modify(job, record, partitions, submitter)
  return slurm.SUCCESS
end
`;
}
