"""Every error that a caller can see, one class per shape, its name the shape's.

A leaf that all layers may import: the domain raises these, the edge (`wire/`) renders them.

    ServiceError
    ├── the 23 exceptions of the service model
    │     AccessDeniedException, ConflictException, HumanLoopQuotaExceededException,
    │     IdempotentParameterMismatchException, ImageTooLargeException, InternalServerError,
    │     InvalidImageFormatException, InvalidManifestException, InvalidPaginationTokenException,
    │     InvalidParameterException, InvalidPolicyRevisionIdException, InvalidS3ObjectException,
    │     LimitExceededException, MalformedPolicyDocumentException,
    │     ProvisionedThroughputExceededException, ResourceAlreadyExistsException,
    │     ResourceInUseException, ResourceNotFoundException, ResourceNotReadyException,
    │     ServiceQuotaExceededException, SessionNotFoundException, ThrottlingException,
    │     VideoTooLargeException
    └── EdgeError: what AWS's front door answers before an operation runs; in no service's model
          ├── request:    ValidationException, SerializationException, UnknownOperationException,
          │               NotImplementedException
          └── signature:  MissingAuthenticationTokenException, IncompleteSignatureException,
                          UnrecognizedClientException, InvalidSignatureException, RequestExpired
"""

from typing import ClassVar


class ServiceError(Exception):
    """An error with a name and a message that go to the caller as they are."""

    status: ClassVar[int] = 400
    message_key: ClassVar[str] = "Message"  # Rekognition's own exceptions spell it with a capital
    default_message: ClassVar[str] = ""

    def __init__(self, message: str | None = None) -> None:
        self.message = self.default_message if message is None else message
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The error's name on the wire (`__type`)."""
        return type(self).__name__


class AccessDeniedException(ServiceError):
    pass


class ConflictException(ServiceError):
    pass


class HumanLoopQuotaExceededException(ServiceError):
    pass


class IdempotentParameterMismatchException(ServiceError):
    pass


class ImageTooLargeException(ServiceError):
    default_message = "Image size is too large"


class InternalServerError(ServiceError):
    status = 500
    default_message = "Internal server error"


class InvalidImageFormatException(ServiceError):
    default_message = "Request has invalid image format"


class InvalidManifestException(ServiceError):
    pass


class InvalidPaginationTokenException(ServiceError):
    default_message = "Invalid Pagination Token"


class InvalidParameterException(ServiceError):
    default_message = "Request has invalid parameters"


class InvalidPolicyRevisionIdException(ServiceError):
    pass


class InvalidS3ObjectException(ServiceError):
    default_message = (
        "Unable to get object metadata from S3. Check object key, region and/or access permissions."
    )


class LimitExceededException(ServiceError):
    pass


class MalformedPolicyDocumentException(ServiceError):
    pass


class ProvisionedThroughputExceededException(ServiceError):
    default_message = "Provisioned Rate exceeded."


class ResourceAlreadyExistsException(ServiceError):
    pass


class ResourceInUseException(ServiceError):
    pass


class ResourceNotFoundException(ServiceError):
    pass


class ResourceNotReadyException(ServiceError):
    pass


class ServiceQuotaExceededException(ServiceError):
    pass


class SessionNotFoundException(ServiceError):
    pass


class ThrottlingException(ServiceError):
    default_message = "Slow down; sudden increase in rate of requests."


class VideoTooLargeException(ServiceError):
    pass


class EdgeError(ServiceError):
    """An error of AWS's common front door; its `message` is in lower case."""

    message_key = "message"


class ValidationException(EdgeError):
    pass


class SerializationException(EdgeError):
    pass


class UnknownOperationException(EdgeError):
    pass


class NotImplementedException(EdgeError):
    """An operation of the service model that Sightline has no handler for yet.

    501 is a status that no SDK tries again.
    """

    status = 501


class MissingAuthenticationTokenException(EdgeError):
    default_message = "Missing Authentication Token"


class IncompleteSignatureException(EdgeError):
    pass


class UnrecognizedClientException(EdgeError):
    default_message = "The security token included in the request is invalid."


class InvalidSignatureException(EdgeError):
    default_message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method."
    )


class RequestExpired(EdgeError):
    pass
