"""boto3 over HTTP, unmodified but for `endpoint_url`."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local.process import Server


def test_a_photo_goes_to_s3_and_its_face_comes_back(server: Server, astronaut: Path) -> None:
    s3, rekognition = server.client("s3"), server.client("rekognition")
    s3.create_bucket(Bucket="boto")
    s3.upload_file(str(astronaut), "boto", "astronaut.jpg")
    photo = {"S3Object": {"Bucket": "boto", "Name": "astronaut.jpg"}}
    (face,) = rekognition.detect_faces(Image=photo, Attributes=["ALL"])["FaceDetails"]
    box = face["BoundingBox"]
    assert 0.3 < box["Left"] + box["Width"] / 2 < 0.6
    assert 0.1 < box["Top"] + box["Height"] / 2 < 0.4
    assert face["Gender"]["Value"] == "Female"
    assert len(face["Landmarks"]) == 30


def test_two_photos_of_five_megabytes_each_fit_into_one_request(
    server: Server, astronaut: Path
) -> None:
    photo = astronaut.read_bytes().ljust(5 * 2**20, b"\0")  # what follows a JPEG's end is ignored
    answer = server.client("rekognition").compare_faces(
        SourceImage={"Bytes": photo}, TargetImage={"Bytes": photo}
    )
    assert answer["FaceMatches"][0]["Similarity"] > 99


def test_a_collection_from_beginning_to_end(server: Server, astronaut: Path) -> None:
    client, photo = server.client("rekognition"), {"Bytes": astronaut.read_bytes()}
    client.create_collection(CollectionId="boto")
    record = client.index_faces(CollectionId="boto", Image=photo, ExternalImageId="eileen")
    face = record["FaceRecords"][0]["Face"]
    (match,) = client.search_faces_by_image(CollectionId="boto", Image=photo)["FaceMatches"]
    assert match["Face"]["FaceId"] == face["FaceId"]
    assert match["Face"]["ExternalImageId"] == "eileen"
    assert match["Similarity"] > 99
    assert client.describe_collection(CollectionId="boto")["FaceCount"] == 1
    client.delete_collection(CollectionId="boto")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_collection(CollectionId="boto")


def test_the_request_id_of_an_error_is_the_services(server: Server) -> None:
    client = server.client("rekognition")
    with pytest.raises(ClientError) as caught:
        client.detect_faces(Image={"Bytes": b"not a photo"})
    metadata = caught.value.response["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 400
    assert len(metadata["RequestId"]) == 36
    assert caught.value.response["Error"]["Code"] == "InvalidImageFormatException"


def test_presigned_urls_and_awkward_names_work_on_s3(server: Server) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="names")
    for key in ("a b/ü+%.txt", "x//y", "-", "q?x=1&y#z"):
        s3.put_object(Bucket="names", Key=key, Body=key.encode(), Metadata={"my_key": "v"})
        answer = s3.get_object(Bucket="names", Key=key)
        assert answer["Body"].read() == key.encode()
        assert answer["Metadata"] == {"my_key": "v"}
    assert s3.head_object(Bucket="names", Key="-")["ContentLength"] == 1


def test_fifteen_megabytes_go_in_and_out_in_parts_and_in_one(
    server: Server, tmp_path: Path
) -> None:
    s3, large = server.client("s3"), tmp_path / "large"
    large.write_bytes(bytes(range(251)) * 60_000)
    s3.create_bucket(Bucket="large")
    s3.upload_file(str(large), "large", "parts")
    s3.put_object(Bucket="large", Key="one", Body=large.read_bytes())
    for key in ("parts", "one"):
        s3.download_file("large", key, str(tmp_path / key))
        assert (tmp_path / key).read_bytes() == large.read_bytes()


def test_a_message_that_is_waited_for_keeps_nobody_waiting(server: Server) -> None:
    """SQS's long poll runs beside everything else; the message ends it."""
    import threading

    sqs, sns = server.client("sqs"), server.client("sns")
    queue = sqs.create_queue(QueueName="results")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topic = sns.create_topic(Name="results")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
    received = list[str]()

    def wait() -> None:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)
        received.extend(message["Body"] for message in answer.get("Messages", []))

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert server.client("rekognition").list_collections()["CollectionIds"] is not None
    sns.publish(TopicArn=topic, Message="done")
    waiting.join()
    assert "done" in received[0]
