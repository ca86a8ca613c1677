// The errors of a Kubernetes API, in its words. Pure.
import type { Resource } from './objects.ts';

export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: number, reason: string, message: string, details?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toJSON() {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

const qualified = ({ plural, group }: Resource) => (group === '' ? plural : `${plural}.${group}`);
const detailsOf = ({ plural, group }: Resource, name: string) => ({
  name,
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export function notFound(of: Resource, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualified(of)} "${name}" not found`, detailsOf(of, name));
}

export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(of: Resource, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualified(of)} "${name}" already exists`,
    detailsOf(of, name),
  );
}

export function conflict(of: Resource, name: string): StatusError {
  const text =
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": the object has been modified; ` +
    'please apply your changes to the latest version and try again';
  return new StatusError(409, 'Conflict', text, detailsOf(of, name));
}

export function invalid(of: Resource, name: string, why: string): StatusError {
  return new StatusError(422, 'Invalid', `${of.kind} "${name}" is invalid: ${why}`, detailsOf(of, name));
}

export function badRequest(text: string): StatusError {
  return new StatusError(400, 'BadRequest', text);
}

export function unauthorized(text = 'Unauthorized'): StatusError {
  return new StatusError(401, 'Unauthorized', text);
}

export function forbidden(text: string): StatusError {
  return new StatusError(403, 'Forbidden', text);
}

export function mayNot(
  user: string,
  verb: string,
  of: Resource,
  namespace: string,
  name: string,
): StatusError {
  const where =
    of.isNamespaced && namespace !== '' ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const what = name === '' ? qualified(of) : `${qualified(of)} "${name}"`;
  const text = `${what} is forbidden: User "${user}" cannot ${verb} resource "${of.plural}" in API group "${of.group}" ${where}`;
  return new StatusError(403, 'Forbidden', text, detailsOf(of, name));
}

export function unavailable(text: string): StatusError {
  return new StatusError(503, 'ServiceUnavailable', text);
}

/** What a failure of etcd becomes on its way through the apiserver. */
export function internal(text: string): StatusError {
  const details = { causes: [{ message: text }] };
  return new StatusError(500, 'InternalError', `Internal error occurred: ${text}`, details);
}

export function gone(): StatusError {
  return new StatusError(410, 'Expired', 'too old resource version');
}

/** A budget that has no disruption left, as the eviction of pkg/registry/core/pod says it. */
export function disruptionBudget(name: string, needs: number, has: number): StatusError {
  const message = `The disruption budget ${name} needs ${needs} healthy pods and has ${has} currently`;
  return new StatusError(
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: 'DisruptionBudget', message }],
    },
  );
}
