// The CloudFront function in front of the REST API (JavaScript runtime 2.0, viewer request): the
// SDKs send every operation to the same path and name it in X-Amz-Target; the API has a path for
// each. What CloudFront or API Gateway would change of a signed request is handed on beside it.
//
// `infra.edge` puts the constant SERVICE before this: the target's prefix, all operations of
// the service with whether they are built, and the most bytes that a body may have.
//
// X-Amzn-RequestId and X-Amzn-Errortype are not for edge functions to set: CloudFront would answer
// 502. SDKs take the error's name out of the body.

function handler(event) {
  const request = event.request;
  const headers = request.headers;

  if (headers["content-length"] && Number(headers["content-length"].value) > SERVICE.limit) {
    const message = "Request body is over " + SERVICE.limit + " bytes.";
    return refuse(413, "Content Too Large", "ValidationException", message);
  }
  const target = joined(headers["x-amz-target"]);
  const name = target.slice(SERVICE.prefix.length);
  const known = request.method === "POST" && target.startsWith(SERVICE.prefix)
    && Object.prototype.hasOwnProperty.call(SERVICE.operations, name);
  if (!known) {
    const message = target ? "No operation with that X-Amz-Target." : "X-Amz-Target is missing.";
    return refuse(400, "Bad Request", "UnknownOperationException", message);
  }
  if (!SERVICE.operations[name]) {
    const message = name + " is not built yet in Sightline. The README lists what is.";
    return refuse(501, "Not Implemented", "NotImplementedException", message);
  }

  headers["x-sightline-host"] = { value: joined(headers.host) };
  headers["x-sightline-path"] = { value: request.uri };
  delete headers["x-sightline-authorization"];
  if (headers.authorization) {
    headers["x-sightline-authorization"] = { value: joined(headers.authorization) };
    delete headers.authorization; // API Gateway would drop a Signature Version 4
  }
  request.uri = "/" + name;
  return request;
}

// All values of a header, as the functions behind this read them.
function joined(header) {
  if (!header) {
    return "";
  }
  const values = header.multiValue || [header];
  return values.map(function (each) { return each.value; }).join(",");
}

function refuse(statusCode, statusDescription, type, message) {
  return {
    statusCode: statusCode,
    statusDescription: statusDescription,
    headers: { "content-type": { value: "application/x-amz-json-1.1" } },
    body: { encoding: "text", data: JSON.stringify({ __type: type, message: message }) },
  };
}
