// Which definitions there are, and how they are read. The options must equal the flags of `npm run gen`, or the generated types would
// lie about what arrives.
export const files = ['clusteros/v1/peer.proto', 'clusteros/v1/admin.proto'] as const;

export const options = {
  keepCase: false,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
} as const;
