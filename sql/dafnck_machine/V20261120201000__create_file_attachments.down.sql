drop table file_attachments;
