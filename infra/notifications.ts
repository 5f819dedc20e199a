/** Its name is public: other people's rules listen on it. */
export const busName = `${$app.name}-${$app.stage}`;

export const bus = new sst.aws.Bus("Events", { transform: { bus: { name: busName } } });
