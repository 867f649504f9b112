import { type ReactNode, useState } from 'react';
import { DeleteDialog } from './delete-dialog.tsx';
import { MessageActions } from './message-actions.tsx';
import { MessageSheet } from './message-sheet.tsx';
import type { Message } from './message.ts';
import { useMessageActions } from './use-message-actions.ts';

interface MessageToolsProps {
  message: Message;
  isToolbarShown: boolean;
  isSheetShown: boolean;
  onPickerChange: (isOpen: boolean) => void;
  onSheetClose: () => void;
  onEdit: () => void;
}

/** What one can do with a message: a toolbar for pointer and keyboard, a sheet for a finger. */
export function MessageTools(props: MessageToolsProps): ReactNode {
  const { message, isToolbarShown, isSheetShown, onPickerChange, onSheetClose, onEdit } = props;
  const [isDeleting, setIsDeleting] = useState(false);
  const actions = useMessageActions(message, { onEdit, onDelete: () => setIsDeleting(true) });
  return (
    <>
      {isToolbarShown && (
        <MessageActions message={message} actions={actions} onPickerChange={onPickerChange} />
      )}
      {isSheetShown && <MessageSheet message={message} actions={actions} onClose={onSheetClose} />}
      {isDeleting && <DeleteDialog message={message} onClose={() => setIsDeleting(false)} />}
    </>
  );
}
