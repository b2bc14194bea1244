// The AWS SDK for JavaScript v3, unmodified: `node javascript.mjs ENDPOINT PHOTO` prints what it got.
import { readFile, stat } from "node:fs/promises";
import { createReadStream } from "node:fs";
import {
  CompareFacesCommand, CreateCollectionCommand, DeleteCollectionCommand,
  DescribeCollectionCommand, DetectFacesCommand, IndexFacesCommand, InvalidImageFormatException,
  ListFacesCommand, RekognitionClient, RekognitionServiceException, ResourceNotFoundException,
  SearchFacesByImageCommand, paginateListFaces,
} from "@aws-sdk/client-rekognition";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [endpoint, path] = process.argv.slice(2);
const settings = {
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
};
const s3 = new S3Client({ ...settings, forcePathStyle: true });
const rekognition = new RekognitionClient(settings);
const photo = await readFile(path);
const Bucket = "javascript";
const CollectionId = "javascript";
const got = {};

await s3.send(new CreateBucketCommand({ Bucket }));
await s3.send(new PutObjectCommand({ Bucket, Key: "buffer.jpg", Body: photo }));
const { size } = await stat(path);
const Body = createReadStream(path); // goes out in chunks, with a checksum behind them
await s3.send(new PutObjectCommand({ Bucket, Key: "stream.jpg", Body, ContentLength: size }));
await s3.send(new PutObjectCommand({ Bucket, Key: "large", Body: Buffer.alloc(15_000_000, 7) }));
for (const Key of ["buffer.jpg", "stream.jpg"]) {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key }));
  got[Key] = photo.equals(Buffer.from(await answer.Body.transformToByteArray()));
}

const S3Object = { Bucket, Name: "stream.jpg" };
const detected = await rekognition.send(
  new DetectFacesCommand({ Image: { S3Object }, Attributes: ["ALL"] }),
);
got.faces = detected.FaceDetails;
const compared = await rekognition.send(
  new CompareFacesCommand({ SourceImage: { Bytes: photo }, TargetImage: { S3Object } }),
);
got.similarity = compared.FaceMatches[0].Similarity;

const created = await rekognition.send(new CreateCollectionCommand({ CollectionId }));
got.created = created.StatusCode;
const indexed = await rekognition.send(
  new IndexFacesCommand({ CollectionId, Image: { Bytes: photo }, ExternalImageId: "eileen" }),
);
got.indexed = indexed.FaceRecords[0].Face.FaceId;
const found = await rekognition.send(
  new SearchFacesByImageCommand({ CollectionId, Image: { S3Object } }),
);
got.found = found.FaceMatches.map((match) => match.Face);
got.listed = [];
for await (const page of paginateListFaces({ client: rekognition, pageSize: 1 }, { CollectionId })) {
  got.listed.push(...page.Faces.map((face) => face.FaceId));
}
const described = await rekognition.send(new DescribeCollectionCommand({ CollectionId }));
got.made = described.CreationTimestamp instanceof Date && described.CreationTimestamp <= new Date();
await rekognition.send(new DeleteCollectionCommand({ CollectionId }));

async function errorOf(command, kind) {
  try {
    await rekognition.send(command);
  } catch (error) {
    const known = error instanceof kind && error instanceof RekognitionServiceException;
    return { name: error.name, known, message: error.message, status: error.$metadata.httpStatusCode };
  }
  return null;
}
got.gone = await errorOf(new ListFacesCommand({ CollectionId }), ResourceNotFoundException);
const bad = { Image: { Bytes: Buffer.from("no photo") } };
got.bad = await errorOf(new DetectFacesCommand(bad), InvalidImageFormatException);
console.log(JSON.stringify(got));
