drop trigger documents_record_version_trigger on documents;
drop trigger documents_version_trigger on documents;
drop function record_document_version();
drop function number_document_version();
