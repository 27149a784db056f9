drop table attachments;
