"""With what the service may refuse a request that fits its description."""

BEYOND_A_SCHEMA = {
    "change_my_password": {"wrong_password", "weak_password"},
    "reset_password": {"weak_password"},
    "cancel_import": {"conflict"},
    "cancel_listing_import": {"conflict"},
    "start_listing_import": {"conflict"},
    "retry_job": {"conflict"},
    "send_picture": {"invalid_request"},
    "start_sweep": {"conflict"},
    "cancel_sweep": {"conflict"},
    "change_product": {"invalid_input"},
    "create_product": {"invalid_input"},
    "create_brand": {"invalid_input"},
    "create_authorized_seller": {"invalid_input"},
    "change_authorized_seller": {"invalid_input"},
    "create_key": {"invalid_input"},
    "create_user": {"invalid_input", "weak_password"},
    "change_user": {"invalid_input"},
    "create_right": {"invalid_input", "invalid_request"},
    "change_right": {"invalid_input"},
    "create_webhook": {"invalid_input", "conflict"},
    "change_webhook": {"invalid_input"},
    "test_webhook": {"conflict"},
    "replay_webhook": {"conflict"},
    "retry_webhook_delivery": {"conflict"},
    "change_case_policy": {"invalid_input", "malformed_body"},
    "give_notice": {"invalid_input"},
    "complete_notice": {"invalid_input"},
    "give_notice_by_file": {"invalid_input"},
    "appeal": {"invalid_input"},
    "complete_appeal": {"invalid_input"},
    "answer_appeal": {"invalid_input"},
    "note_export_response": {"malformed_body"},
    "place_legal_hold": {"invalid_input"},
    "propose_erasure": {"invalid_input", "conflict"},
    "list_cases": {"invalid_input"},
}
"""Operation → codes with which it may refuse a request that fits the description.

What it takes to know better is no matter of form: somebody's password or what is in
everybody's, what state a thing is in, the last digit of a GTIN, which checks the
others, which signs can be seen, which countries there are, whether a role is one of a
brand, whether a right needs an office, which of two days is the earlier one,
which marketplace a key is for, what settings and reasons there are, and who may send
what to whom.
"""
