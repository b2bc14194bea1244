// The AWS SDK for JavaScript v3, unmodified: `node client.mjs ENDPOINT PHOTO` prints what it got.
import { readFile } from "node:fs/promises";
import {
  CreateCollectionCommand, DescribeProjectsCommand, DetectFacesCommand, ListCollectionsCommand,
  RekognitionClient,
} from "@aws-sdk/client-rekognition";

const [endpoint, path] = process.argv.slice(2);
const client = new RekognitionClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});
const Bytes = await readFile(path);

async function errorOf(command) {
  try {
    await client.send(command);
  } catch (error) {
    return [error.name, error.message, error.$metadata.httpStatusCode];
  }
  return null;
}

const got = {};
const detected = await client.send(new DetectFacesCommand({ Image: { Bytes } }));
got.faces = detected.FaceDetails.length;
await client.send(new CreateCollectionCommand({ CollectionId: "edge" }));
got.collections = (await client.send(new ListCollectionsCommand({}))).CollectionIds;
got.twice = await errorOf(new CreateCollectionCommand({ CollectionId: "edge" }));
got.missing = await errorOf(new DescribeProjectsCommand({}));
got.large = await errorOf(new DetectFacesCommand({ Image: { Bytes: Buffer.alloc(4_700_000) } }));
console.log(JSON.stringify(got));
