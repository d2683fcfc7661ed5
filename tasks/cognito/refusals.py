"""Cognito's refusals as the function that signs people in writes them down, by kind. Only counts leave the reader."""

from __future__ import annotations

from tasks.logs.read import Kind

PATTERN = '"An error occurred"'
"""How every error of AWS begins in a log line of boto3."""

KINDS = (
    Kind(name="password refused", pattern=r"\(NotAuthorizedException\).*Incorrect username or password"),
    Kind(name="unknown user", pattern=r"\(UserNotFoundException\)"),
    Kind(name="disabled user", pattern=r"\(NotAuthorizedException\).*User is disabled"),
    Kind(name="locked out", pattern=r"\(NotAuthorizedException\).*Password attempts exceeded"),
    Kind(name="new password needed", pattern=r"\(PasswordResetRequiredException\)|Temporary password has expired"),
    # What a function says when it fails is part of Cognito's own message.
    Kind(
        name="no connection",
        pattern=r"\(UserLambdaValidationException\).*(too many (clients|connections)|remaining connection slots)",
    ),
    Kind(name="function failed", pattern=r"\((UserLambdaValidation|UnexpectedLambda|InvalidLambdaResponse)Exception\)"),
    Kind(name="throttled", pattern=r"\((TooManyRequests|LimitExceeded)Exception\)"),
    Kind(name="flow not allowed", pattern=r"\(InvalidParameterException\).*_AUTH\b.*not enabled"),
    Kind(name="code refused", pattern=r"\((CodeMismatch|ExpiredCode|EnableSoftwareTokenMFA)Exception\)"),
    Kind(name="codes not taken", pattern=r"\(SoftwareTokenMFANotFoundException\)"),
)
